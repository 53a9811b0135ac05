using System.Net;
using Bff.Configuration;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Bff.Providers;

/// <summary>
/// The provider's metadata and keys (OpenID Connect Discovery 1.0), fetched when first needed and refreshed beside the requests.
/// A provider that is down at start costs nothing until somebody signs in; the last good metadata outlives an outage.
/// </summary>
/// <remarks>
/// The library's own manager refreshes keys in the background only, so the sign-in right after a key rotation fails; this one can be waited for.
/// </remarks>
internal sealed partial class ProviderMetadata(
    ClientRegistration registration, IHostEnvironment environment, AcceptedConfiguration accepted, TimeProvider clock, ILogger<ProviderMetadata> logger)
    : IConfigurationManager<OpenIdConnectConfiguration>
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromHours(12);

    /// <summary>Unknown keys trigger a fetch; rubbish tokens must not turn that into a flood.</summary>
    private const int MostRefreshes = 3;

    /// <summary>Of those.</summary>
    private const int MaxRefreshesForStrangers = 1;

    private static readonly TimeSpan RefreshWindow = TimeSpan.FromSeconds(10);

    /// <summary>A failed download is remembered this long, then twice as long, and so on; whoever asks meanwhile gets its answer.</summary>
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private volatile Copy? _current;
    private Task<Copy>? _fetch;
    private DateTimeOffset _windowStart;
    private int _refreshes;
    private TimeSpan _pause;
    private DateTimeOffset _pauseEnds;

    /// <param name="Configuration">The metadata, keys included.</param>
    /// <param name="Keys">As they came, to tell others from the same ones.</param>
    /// <param name="At">When they were fetched.</param>
    private sealed record Copy(OpenIdConnectConfiguration Configuration, string? Keys, DateTimeOffset At);

    /// <summary>The metadata had so far; null before the first fetch.</summary>
    public OpenIdConnectConfiguration? Known => _current?.Configuration;

    /// <summary>The same object for as long as the provider has the same keys, however often they are fetched.</summary>
    public object? Keys => _current?.Keys;

    /// <summary>The metadata; the first call fetches it.</summary>
    /// <exception cref="ProviderUnavailableException">It is not known yet and cannot be had now.</exception>
    public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(CancellationToken cancellationToken)
    {
        if (_current is not { } copy) { return (await FetchAsync().WaitAsync(cancellationToken)).Configuration; }
        if (clock.GetUtcNow() - copy.At > MaxAge) { RequestRefresh(); }
        return copy.Configuration;
    }

    /// <summary>Fetches again, unless that was done since <paramref name="outdated"/> was handed out or too often of late, and waits for it.</summary>
    /// <param name="outdated">What was found wanting.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <param name="isForStranger">Anybody could cause it: others must not find that it was done too often.</param>
    /// <exception cref="ProviderUnavailableException">It cannot be had now.</exception>
    public async Task<OpenIdConnectConfiguration> GetFreshConfigurationAsync(
        OpenIdConnectConfiguration outdated, CancellationToken cancellationToken, bool isForStranger = false)
    {
        var limit = isForStranger ? MaxRefreshesForStrangers : MostRefreshes;
        if (_current is { } copy)
        {
            if (copy.Configuration != outdated) { return copy.Configuration; }
            if (UnderWay is { } fetch) { return (await fetch.WaitAsync(cancellationToken)).Configuration; }
            if (!MayRefresh(limit)) { return copy.Configuration; }
        }

        return (await FetchAsync().WaitAsync(cancellationToken)).Configuration;
    }

    public void RequestRefresh()
    {
        if (MayRefresh(MostRefreshes)) { FetchBeside(); }
    }

    /// <summary>Fetches again, beside who asks, what is older. Anybody may be who asks.</summary>
    /// <param name="age">That is good enough.</param>
    public void KeepYoungerThan(TimeSpan age)
    {
        if (_current is { } copy && clock.GetUtcNow() - copy.At > age && UnderWay is null && MayRefresh(MaxRefreshesForStrangers)) { FetchBeside(); }
    }

    // A failure stays in the task; the last good copy serves on.
    private void FetchBeside() => FetchAsync().ContinueWith(done => _ = done.Exception, TaskScheduler.Default);

    /// <summary>A download that has begun; to wait for it costs nothing more.</summary>
    private Task<Copy>? UnderWay
    {
        get
        {
            lock (_lock) { return _fetch is { IsCompleted: false } fetch ? fetch : null; }
        }
    }

    private bool MayRefresh(int limit)
    {
        lock (_lock)
        {
            var now = clock.GetUtcNow();
            if ((now - _windowStart).Duration() > RefreshWindow) { (_windowStart, _refreshes) = (now, 0); }
            if (_refreshes >= limit) { return false; }
            _refreshes++;
            return true;
        }
    }

    /// <summary>One download for all who ask meanwhile, and none for a while after one that failed: anybody can make us ask.</summary>
    private Task<Copy> FetchAsync()
    {
        lock (_lock)
        {
            if (_fetch is { IsCompleted: false }) { return _fetch; }
            if (_fetch is { IsFaulted: true } && _pauseEnds - clock.GetUtcNow() is var left && left > TimeSpan.Zero && left <= _pause) { return _fetch; }
            using (ExecutionContext.SuppressFlow()) { return _fetch = Task.Run(FetchOnceAsync); }
        }
    }

    private async Task<Copy> FetchOnceAsync()
    {
        try
        {
            var copy = await DownloadAsync();
            if (_current is { } before && before.Keys == copy.Keys) { copy = copy with { Keys = before.Keys }; }   // the same object
            lock (_lock) { _pause = TimeSpan.Zero; }
            if (_current?.Configuration.AuthorizationEndpoint != copy.Configuration.AuthorizationEndpoint
                && ProviderRemarks.OutOfReach(copy.Configuration, registration.Section, accepted.Root["Bff:PublicUrl"]) is { } remark)
            {
                OutOfReach(remark, ProviderRemarks.ReachCure(registration.Section));
            }

            return _current = copy;
        }
        catch (ProviderUnavailableException)
        {
            lock (_lock)
            {
                _pause = _pause == TimeSpan.Zero ? FirstPause : _pause * 2 < MaxPause ? _pause * 2 : MaxPause;
                _pauseEnds = clock.GetUtcNow() + _pause;
            }

            throw;
        }
    }

    private async Task<Copy> DownloadAsync()
    {
        var address = registration.Options.EffectiveMetadataAddress;
        var shown = Printable.Address(address);
        var documents = new MetadataDocuments(registration.CreateHttpClient(), registration, registration.Options.MustUseHttps(environment));
        OpenIdConnectConfiguration found;
        try
        {
            found = await OpenIdConnectConfigurationRetriever.GetAsync(address, documents, CancellationToken.None);
        }
        catch (Exception error) when (error is not ProviderUnavailableException)
        {
            // IOException, InvalidOperationException, JsonException, ArgumentException, timeouts: the retriever throws what it met.
            throw new ProviderUnavailableException(
                $"The provider's metadata at {shown} cannot be read: {error.GetBaseException().Message.Replace(address, shown, StringComparison.Ordinal)}",
                error);
        }

        if (Objection(found) is { } objection)
        {
            throw new ProviderUnavailableException($"The metadata at {shown} {objection}") { Cure = HasManyIssuers(found) ? ManyIssuersCure : null };
        }

        if (!IsUsable(found.UserInfoEndpoint)) { found.UserInfoEndpoint = null; }   // as good as none: it would be given an access token
        return new Copy(found, documents.Keys, clock.GetUtcNow());
    }

    private string ManyIssuersCure =>
        $"The provider has an issuer for each tenant: set {registration.Section}:{nameof(OidcOptions.IssuerTemplate)} to the one it names, and "
        + $"{nameof(OidcOptions.Tenants)} to the tenants whose users may sign in.";

    private bool HasManyIssuers(OpenIdConnectConfiguration found) => string.IsNullOrEmpty(registration.Options.IssuerTemplate)
        && found.Issuer?.Contains(TenantIssuers.Placeholder, StringComparison.Ordinal) == true;

    private string? Objection(OpenIdConnectConfiguration found)
    {
        // OpenID Connect Discovery 1.0 section 4.3: the issuer must be the one that was asked.
        var (expected, setting) = registration.Options.IssuerTemplate is { Length: > 0 } template
            ? (template, nameof(OidcOptions.IssuerTemplate)) : (registration.Options.Authority, nameof(OidcOptions.Authority));
        if (!string.Equals(found.Issuer?.TrimEnd('/'), expected.TrimEnd('/'), StringComparison.Ordinal))
        {
            return $"names another issuer than {registration.Section}:{setting}: '{Printable.Word(found.Issuer)}'.";
        }

        foreach (var (name, address) in Addresses(found).Where(known => !string.IsNullOrEmpty(known.Address)))
        {
            // Such an address would come out as a broken header; no URI has these (RFC 3986 section 2).
            if (!address!.All(c => c is > ' ' and <= '~')) { return $"has a character that no address can have in its {name}."; }
        }

        if (!IsUsable(found.AuthorizationEndpoint)) { return "has no usable authorization_endpoint."; }
        if (!IsUsable(found.TokenEndpoint)) { return "has no usable token_endpoint."; }
        if (found.RevocationEndpoint is { Length: > 0 } revocation && !IsUsable(revocation)) { return "has no usable revocation_endpoint."; }
        if (registration.Options.UserInfo == UserInfoUse.Always && found.UserInfoEndpoint is { Length: > 0 } userInfo && !IsUsable(userInfo))
        {
            return "has no usable userinfo_endpoint.";
        }

        if (found.PushedAuthorizationRequestEndpoint is { Length: > 0 } pushed && !IsUsable(pushed))
        {
            return "has no usable pushed_authorization_request_endpoint.";
        }

        if (!registration.Options.HasClientCertificate) { return null; }
        var alias = ProviderEndpoints.AliasesOf(found).FirstOrDefault(alias => alias.Address is not null && !IsUsable(alias.Address));
        return alias.Address is null ? null : $"has no usable {alias.Name}.";
    }

    private static IEnumerable<(string Name, string? Address)> Addresses(OpenIdConnectConfiguration found) =>
    [
        (OpenIdProviderMetadataNames.AuthorizationEndpoint, found.AuthorizationEndpoint),
        (OpenIdProviderMetadataNames.TokenEndpoint, found.TokenEndpoint),
        (OpenIdProviderMetadataNames.JwksUri, found.JwksUri),
        (OpenIdProviderMetadataNames.UserInfoEndpoint, found.UserInfoEndpoint),
        (OpenIdProviderMetadataNames.EndSessionEndpoint, found.EndSessionEndpoint),
        (OpenIdProviderMetadataNames.CheckSessionIframe, found.CheckSessionIframe),
        (OpenIdProviderMetadataNames.RegistrationEndpoint, found.RegistrationEndpoint),
        (OpenIdProviderMetadataNames.IntrospectionEndpoint, found.IntrospectionEndpoint),
        ("revocation_endpoint", found.RevocationEndpoint),
        ("pushed_authorization_request_endpoint", found.PushedAuthorizationRequestEndpoint),
        .. ProviderEndpoints.AliasesOf(found),
    ];

    /// <summary>
    /// An endpoint that gets a code, a token or our secret must be as well protected as the authority; a fragment would swallow what we append (RFC 6749
    /// section 3.1).
    /// </summary>
    private bool IsUsable(string? endpoint) =>
        Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) && uri.Fragment.Length == 0
        && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && !registration.Options.MustUseHttps(environment)));

    [LoggerMessage(LogLevel.Warning, "{Remark} {Cure}")]
    private partial void OutOfReach(string remark, string cure);

    /// <summary>No redirect is ever followed: a code, a refresh token or our secret would go where the provider's answer says.</summary>
    public static SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.All,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ConnectTimeout = TimeSpan.FromSeconds(5),
    };
}
