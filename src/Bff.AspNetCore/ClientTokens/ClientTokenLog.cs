using System.Diagnostics.Metrics;
using Bff.Providers;

namespace Bff.ClientTokens;

/// <summary>What operators are told of our clients' own tokens (meter <c>Bff.ClientTokens</c>).</summary>
internal sealed partial class ClientTokenLog : IDisposable
{
    public const string MeterName = "Bff.ClientTokens";

    private readonly Meter _meter;
    private readonly Counter<long> _requests;
    private readonly ILogger<ClientTokenLog> _logger;

    public ClientTokenLog(IMeterFactory meters, ILogger<ClientTokenLog> logger)
    {
        (_meter, _logger) = (meters.Create(MeterName), logger);
        _requests = _meter.CreateCounter<long>(
            "bff.client_tokens", "{token}", "Requests of this node for tokens of the application itself, by provider, API and outcome.");
    }

    public void Obtained(string provider, ApiTarget api, DateTimeOffset expiresAt)
    {
        Count(provider, api, "obtained");
        IsObtained(provider, api.Name, expiresAt);
    }

    public void Refused(string provider, ApiTarget api, string error)
    {
        Count(provider, api, "refused");
        IsRefused(provider, api.Name, error, ClientRegistration.SectionOf(provider));
    }

    public void Unavailable(string provider, ApiTarget api, string reason)
    {
        Count(provider, api, "unavailable");
        IsUnavailable(provider, api.Name, reason);
    }

    /// <summary>The labels are bounded by the configuration.</summary>
    private void Count(string provider, ApiTarget api, string outcome) => _requests.Add(
        1, new KeyValuePair<string, object?>("provider", provider), new KeyValuePair<string, object?>("api", api.Name),
        new KeyValuePair<string, object?>("outcome", outcome));

    public void Dispose() => _meter.Dispose();

    [LoggerMessage(LogLevel.Information, "Provider {Provider} gave this application a token for {Api}; it expires {ExpiresAt:u}.")]
    private partial void IsObtained(string provider, string api, DateTimeOffset expiresAt);

    [LoggerMessage(LogLevel.Error, "Provider {Provider} gives this application no token for {Api} ({Error}): check the route, {Section} and the client's "
        + "registration. Asked again in a minute, if a call needs it.")]
    private partial void IsRefused(string provider, string api, string error, string section);

    [LoggerMessage(LogLevel.Warning, "Provider {Provider} could not be asked for this application's token for {Api} ({Reason}).")]
    private partial void IsUnavailable(string provider, string api, string reason);

    [LoggerMessage(LogLevel.Error, "A request for a token of this application failed on our side.")]
    public partial void Failed(Exception error);
}
