using System.Diagnostics.Metrics;
using Bff.Guard;
using Bff.Providers;
using Bff.Sessions;

namespace Bff.Login;

/// <summary>What providers said of logouts (meter <c>Bff.Login</c>).</summary>
internal sealed class LogoutMetrics : IDisposable
{
    public const string Accepted = "accepted", ProviderUnavailable = "provider_unavailable", StoreUnavailable = "store_unavailable";

    private readonly Meter _meter;
    private readonly CountedFromZero _tokens;

    public LogoutMetrics(IMeterFactory meters, ProviderNames providers)
    {
        _meter = meters.Create(LoginMetrics.MeterName);
        _tokens = new(
            _meter, "bff.logout_tokens", "{token}", "Logout tokens that came to /bff/backchannel, by provider and outcome; other where they name no provider.",
            ("provider", [.. providers.All, CountedFromZero.Other]),
            ("outcome", [Accepted, .. LogoutRefusal.Words, ProviderUnavailable, StoreUnavailable, RateLimits.Code]));
    }

    /// <param name="provider">What the operator calls it; null for none.</param>
    /// <param name="outcome">What became of it.</param>
    public void Came(string? provider, string outcome) => _tokens.Add(provider ?? CountedFromZero.Other, outcome);

    public void Dispose() => _meter.Dispose();
}
