using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Diagnostics;
using Yarp.ReverseProxy.Model;

namespace Bff.Forwarding;

/// <summary>Calls by route and answer, with those that were refused before they were forwarded (meter <c>Bff.Forwarding</c>).</summary>
internal sealed class CallMetrics : IDisposable
{
    public const string MeterName = "Bff.Forwarding";

    private static readonly string[] Classes = ["other", "1xx", "2xx", "3xx", "4xx", "5xx"];

    private readonly Meter _meter;
    private readonly Histogram<double> _duration;

    public CallMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        _duration = _meter.CreateHistogram("bff.call.duration", "s", "Calls to YARP routes from the first byte in to the last byte out, by route and class of status.", tags: null, new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
        });
    }

    public void Answered(string route, int status, TimeSpan took) =>
        _duration.Record(took.TotalSeconds, new KeyValuePair<string, object?>("route", route), new KeyValuePair<string, object?>("status_class", Classes[status is >= 100 and < 600 ? status / 100 : 0]));

    /// <summary>The YARP route a request was for, whether it got there or not.</summary>
    public static string? RouteOf(HttpContext context)
    {
        // A handled exception takes the endpoint off the request and keeps it here.
        var endpoint = context.Features.Get<IExceptionHandlerFeature>()?.Endpoint ?? context.GetEndpoint();
        return endpoint?.Metadata.GetMetadata<RouteModel>()?.Config.RouteId;
    }

    public void Dispose() => _meter.Dispose();
}
