using System.Diagnostics.Metrics;

namespace Bff.Guard;

/// <summary>What was refused before any session was read (meter <c>Bff.Guard</c>).</summary>
internal sealed class GuardMetrics : IDisposable
{
    public const string MeterName = "Bff.Guard";

    private static readonly string[] Codes =
    [
        "csrf_header_missing", "cross_site_request", "origin_not_allowed", "origin_required", "host_not_allowed", "method_not_allowed",
        "ops_token_required", "gateway_credential_required", "token_required", "invalid_request", "invalid_token", "invalid_dpop_proof", RateLimits.Code,
    ];

    private readonly Meter _meter;
    private readonly CountedFromZero _refused;

    public GuardMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        _refused = new(
            _meter, "bff.guard.refusals", "{request}", "Requests refused as forged, foreign, too many or without a credential, by the code of the response.",
            ("code", Codes));
    }

    public void Refused(string code) => _refused.Add(code);

    public void Dispose() => _meter.Dispose();
}
