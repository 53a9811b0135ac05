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
    private readonly CountedFromZero _challenges;
    private readonly CountedFromZero _refusals;

    public CallMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        _duration = _meter.CreateHistogram("bff.call.duration", "s",
            "Calls to YARP routes from the first byte in to the last byte out, by route and class of status.", tags: null, new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
        });
        _challenges = new(
            _meter, "bff.call.nonce_challenges", "{call}",
            "Calls with bound tokens that an API refused for the nonce in their proof: repeated with its new one, or not.",
            ("outcome", ["repeated", "refused"]));
        _refusals = new(
            _meter, "bff.call.token_refusals", "{call}",
            "Calls whose access token an API refused though it should be good: sent again with another one, left to the caller to send again, passed on as it is "
            + "(too soon after the last time, or no other token), or the session was over.",
            ("outcome", ["repeated", "not_repeated", "passed_on", "session_ended"]));
    }

    /// <summary>A call is over; whatever else counts them counts here.</summary>
    public event Action<FinishedCall>? CallFinished;

    public void Finished(FinishedCall call)
    {
        var statusClass = Classes[call.Status is >= 100 and < 600 ? call.Status / 100 : 0];
        _duration.Record(call.Took.TotalSeconds, new KeyValuePair<string, object?>("route", call.Route), new KeyValuePair<string,
            object?>("status_class", statusClass));
        CallFinished?.Invoke(call);
    }

    /// <param name="isRepeated">The call is sent once more; else its page has to.</param>
    public void Challenged(bool isRepeated) => _challenges.Add(isRepeated ? "repeated" : "refused");

    public void TokenRefused(string outcome) => _refusals.Add(outcome);

    /// <summary>The YARP route a request was for, whether it got there or not.</summary>
    public static string? RouteOf(HttpContext context)
    {
        // A handled exception takes the endpoint off the request and keeps it here.
        var endpoint = context.GetEndpoint() ?? context.Features.Get<IExceptionHandlerFeature>()?.Endpoint;
        return endpoint?.Metadata.GetMetadata<RouteModel>()?.Config.RouteId;
    }

    public void Dispose() => _meter.Dispose();
}
