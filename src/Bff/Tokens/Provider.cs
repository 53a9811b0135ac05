using System.Net;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Bff.Tokens;

/// <summary>
/// The provider's metadata and keys (OpenID Connect Discovery 1.0), fetched when first needed and refreshed beside the requests.
/// A provider that is down at start costs nothing until somebody signs in; the last good metadata outlives an outage.
/// </summary>
/// <remarks>
/// The library's own manager refreshes keys in the background only, so the sign-in right after a key rotation fails; this one can be waited for.
/// </remarks>
internal sealed class Provider(IHttpClientFactory clients, IOptions<OidcOptions> options, IHostEnvironment environment, TimeProvider clock)
    : IConfigurationManager<OpenIdConnectConfiguration>, IDisposable
{
    /// <summary>Name of the HTTP client for every call to the provider: follows no redirect, reads at most 1 MiB.</summary>
    public const string HttpClientName = "provider";

    private static readonly TimeSpan MaxAge = TimeSpan.FromHours(12);

    /// <summary>Unknown keys trigger a fetch; rubbish tokens must not turn that into a flood.</summary>
    private static readonly TimeSpan MinAge = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _fetching = new(1);
    private volatile Copy? _current;

    private sealed record Copy(OpenIdConnectConfiguration Configuration, DateTimeOffset FetchedAt);

    /// <summary>The metadata; the first call fetches it.</summary>
    /// <exception cref="ProviderUnavailableException">It is not known yet and cannot be had now.</exception>
    public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(CancellationToken cancel)
    {
        if (_current is not { } copy) { return (await FetchAsync(olderThan: TimeSpan.MaxValue, cancel)).Configuration; }
        if (clock.GetUtcNow() - copy.FetchedAt > MaxAge) { RequestRefresh(); }
        return copy.Configuration;
    }

    /// <summary>Fetches again unless that was done a moment ago, and waits for it.</summary>
    public async Task<OpenIdConnectConfiguration> GetFreshConfigurationAsync(CancellationToken cancel) =>
        (await FetchAsync(MinAge, cancel)).Configuration;

    public void RequestRefresh() => _ = RefreshQuietlyAsync();

    private async Task RefreshQuietlyAsync()
    {
        try
        {
            await FetchAsync(MinAge, CancellationToken.None);
        }
        catch (ProviderUnavailableException)
        {
            // The last good copy serves on; the next use asks again.
        }
    }

    private async Task<Copy> FetchAsync(TimeSpan olderThan, CancellationToken cancel)
    {
        await _fetching.WaitAsync(cancel);
        try
        {
            if (_current is { } copy && clock.GetUtcNow() - copy.FetchedAt < olderThan) { return copy; }
            return _current = new Copy(await DownloadAsync(cancel), clock.GetUtcNow());
        }
        finally
        {
            _fetching.Release();
        }
    }

    private async Task<OpenIdConnectConfiguration> DownloadAsync(CancellationToken cancel)
    {
        var authority = new Uri(options.Value.Authority);
        var address = options.Value.Authority.TrimEnd('/') + "/.well-known/openid-configuration";
        var documents = new HttpDocumentRetriever(clients.CreateClient(HttpClientName)) { RequireHttps = HttpsRequired(authority) };
        OpenIdConnectConfiguration found;
        try
        {
            found = await OpenIdConnectConfigurationRetriever.GetAsync(address, documents, cancel);
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancel.IsCancellationRequested)
        {
            // IOException, InvalidOperationException, JsonException, ArgumentException: the retriever throws what it met.
            throw new ProviderUnavailableException($"The provider's metadata at {address} cannot be read: {error.GetBaseException().Message}", error);
        }

        if (!string.Equals(found.Issuer?.TrimEnd('/'), options.Value.Authority.TrimEnd('/'), StringComparison.Ordinal))
        {
            // OpenID Connect Discovery 1.0 section 4.3: the issuer must be the one that was asked.
            throw new ProviderUnavailableException($"The metadata at {address} names another issuer than Bff:Oidc:Authority: '{found.Issuer}'.");
        }

        foreach (var (name, endpoint) in new[] { ("authorization_endpoint", found.AuthorizationEndpoint), ("token_endpoint", found.TokenEndpoint) })
        {
            if (!Uri.TryCreate(endpoint, UriKind.Absolute, out _)) { throw new ProviderUnavailableException($"The metadata at {address} has no usable {name}."); }
        }

        return found;
    }

    private bool HttpsRequired(Uri authority) =>
        options.Value.RequireHttps ?? !(environment.IsDevelopment() && authority.IsLoopback);

    /// <summary>No redirect is ever followed: a code, a refresh token or our secret would go where the provider's answer says.</summary>
    public static HttpMessageHandler CreateHandler() => new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.All,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ConnectTimeout = TimeSpan.FromSeconds(5),
    };

    public void Dispose() => _fetching.Dispose();
}

/// <summary>The provider cannot be used now; nobody's session is affected.</summary>
internal sealed class ProviderUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
