using System.Diagnostics.Metrics;

namespace Bff.Guard;

/// <summary>What was refused before any session was read (meter <c>Bff.Guard</c>).</summary>
internal sealed class GuardMetrics : IDisposable
{
    public const string MeterName = "Bff.Guard";

    private readonly Meter _meter;
    private readonly Counter<long> _refused;

    public GuardMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        _refused = _meter.CreateCounter<long>("bff.guard.refusals", "{request}", "Requests refused as forged, foreign, too many or without a credential, by the code of the response.");
    }

    public void Refused(string code) => _refused.Add(1, new KeyValuePair<string, object?>("code", code));

    public void Dispose() => _meter.Dispose();
}
