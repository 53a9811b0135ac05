using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Bff.Providers;

/// <summary>Measures every call to the provider, whoever makes it. Endpoints are told by what the metadata call them.</summary>
internal sealed class ProviderWatch(ClientRegistration registration, ProviderMetadata provider, ProviderMetrics metrics, TimeProvider clock) : DelegatingHandler
{
    private static readonly HttpRequestOptionsKey<Action> Sending = new("Bff.Sending");

    /// <summary>Acts when the call has its place and goes out.</summary>
    public static void BeforeSending(HttpRequestMessage request, Action act) => request.Options.Set(Sending, act);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Options.TryGetValue(Sending, out var act)) { act(); }
        var started = clock.GetTimestamp();
        var (outcome, detail) = (ProviderOutcome.Connection, "");
        try
        {
            var answer = await base.SendAsync(request, cancellationToken);
            (outcome, detail) = (ProviderOutcome.Of((int)answer.StatusCode), $"{(int)answer.StatusCode}");
            return answer;
        }
        catch (OperationCanceledException)
        {
            outcome = ProviderOutcome.Timeout;
            throw;
        }
        catch (HttpRequestException error)
        {
            detail = $"{error.HttpRequestError}";
            throw;
        }
        finally
        {
            metrics.Called(registration.Name, Endpoint(request), outcome, clock.GetElapsedTime(started), detail);
        }
    }

    private string Endpoint(HttpRequestMessage request)
    {
        var (address, known, options) = (request.RequestUri!.AbsoluteUri, provider.Known, registration.Options);
        if (request.Method == HttpMethod.Get)
        {
            var isDiscovery = Is(options.EffectiveMetadataAddress)
                || request.RequestUri.AbsolutePath.EndsWith("/openid-configuration", StringComparison.Ordinal);   // where it was redirected to
            return isDiscovery ? "discovery" : IsKnown(ProviderEndpoints.UserInfo) ? "userinfo" : "keys";
        }
        return IsKnown(ProviderEndpoints.Token) ? "token" : IsKnown(ProviderEndpoints.Revocation) ? "revocation"
            : IsKnown(ProviderEndpoints.PushedAuthorization) ? "par" : "other";

        bool IsKnown(Func<OpenIdConnectConfiguration, OidcOptions, string?> endpoint) => known is not null && Is(endpoint(known, options));

        bool Is(string? endpoint) => Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) && uri.AbsoluteUri == address;
    }
}
