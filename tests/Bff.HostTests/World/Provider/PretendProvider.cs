using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Bff.HostTests;

/// <summary>An OpenID provider that signs anybody in at once, insists on its rules, remembers everything, and breaks on request.</summary>
internal sealed partial class PretendProvider : IAsyncDisposable
{
    public const string ClientId = "bff-under-test";
    public const string ClientSecret = "pretend-client-secret-7c1f0a";

    private readonly Lock _gate = new();
    private readonly TimeProvider _clock;
    private readonly WebApplication _app;
    private readonly List<WebApplication> _listeners = [];
    private readonly List<Grant> _grants = [];
    private readonly ConcurrentDictionary<string, Code> _codes = new();
    private readonly ConcurrentDictionary<string, IssuedToken> _accessTokens = new();
    private readonly ConcurrentDictionary<string, Grant> _idTokens = new();
    private readonly ConcurrentDictionary<string, Dictionary<string, string>> _pushed = new();
    private int _refreshes;
    private int _reuses;
    private int _keyDownloads;
    private int _underWay;

    private sealed record Code(Grant Grant, string Nonce, string RedirectUri, string Challenge, string? KeyThumbprint);

    private PretendProvider(TimeProvider clock, string clientId, string clientSecret)
    {
        (_clock, AcceptedClientId, AcceptedSecret) = (clock, clientId, clientSecret);
        Secrets = [new("client secret", clientSecret)];
        WriteIdToken = SignIdToken;
        _app = NewListener(ListenPlainly);
    }

    /// <param name="clock">Tells when tokens expire.</param>
    /// <param name="clientId">Its only client.</param>
    /// <param name="clientSecret">The client's.</param>
    public static async Task<PretendProvider> StartAsync(TimeProvider clock, string clientId = ClientId, string clientSecret = ClientSecret)
    {
        var provider = new PretendProvider(clock, clientId, clientSecret);
        await provider._app.StartAsync();
        provider.Address = provider._app.Urls.Single();
        return provider;
    }

    /// <summary>The origin of its endpoints for browsers.</summary>
    public string Address { get; private set; } = "";

    /// <summary>The issuer of its tokens: its address, or below it for a <see cref="Tenant"/>.</summary>
    public string Issuer => IssuerOf(Tenant);

    /// <summary>Its client; see <see cref="AcceptedSecret"/>.</summary>
    public string AcceptedClientId { get; }

    public ProviderFaults Faults { get; } = new();

    /// <summary>How many requests came to each of its addresses, broken or not.</summary>
    public ProviderTraffic Traffic { get; } = new();

    public TimeSpan Lifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How far its <c>Date</c> is ahead of our clock.</summary>
    public TimeSpan ClockAhead { get; set; }

    public bool GivesRefreshTokens { get; set; } = true;

    /// <summary>Each refresh brings a new refresh token and uses the old one up.</summary>
    public bool Rotates { get; set; } = true;

    public bool OpaqueAccessTokens { get; set; }

    /// <summary>A refresh token just traded may be used once more, as some providers allow for lost answers.</summary>
    public bool ReuseLeeway { get; set; }

    /// <summary>What <c>prompt=none</c> is answered instead of a sign-in.</summary>
    public string? SilentError { get; set; }

    /// <summary>What an authorization request is answered instead of a sign-in.</summary>
    public string? AuthorizeError { get; set; }

    public SigningKey Key { get; set; } = SigningKey.Number(1);

    public Action<IDictionary<string, object?>> ShapeMetadata { get; set; } = _ => { };

    public Action<IDictionary<string, string?>> ShapeAuthorizeAnswer { get; set; } = _ => { };

    /// <summary>The claims of an authorization response that is a signed token (JARM).</summary>
    public Action<IDictionary<string, object?>> ShapeSignedAnswer { get; set; } = _ => { };

    public Action<IDictionary<string, object?>> ShapeIdToken { get; set; } = _ => { };

    public Func<IDictionary<string, object?>, string> WriteIdToken { get; set; }

    public Action<IDictionary<string, object?>> ShapeTokenAnswer { get; set; } = _ => { };

    /// <summary>Each authorization request's parameters.</summary>
    public ConcurrentQueue<Dictionary<string, string>> Authorizations { get; } = new();

    /// <summary>Each token call's form.</summary>
    public ConcurrentQueue<Dictionary<string, string>> TokenCalls { get; } = new();

    public ConcurrentQueue<Dictionary<string, string>> Revocations { get; } = new();

    public ConcurrentQueue<Dictionary<string, string>> SignOuts { get; } = new();

    /// <summary>The secret our client has to show now.</summary>
    public string AcceptedSecret { get; set; }

    /// <summary>Every token and code handed out, and the client secret.</summary>
    public ConcurrentBag<Secret> Secrets { get; }

    /// <summary>Refresh calls that arrived.</summary>
    public int Refreshes => Volatile.Read(ref _refreshes);

    /// <summary>Refresh tokens presented a second time; each ends its grant.</summary>
    public int Reuses => Volatile.Read(ref _reuses);

    /// <summary>The most refresh calls that were under way at once, of all users.</summary>
    public int MostAtOnce { get; private set; }

    public int KeyDownloads => Volatile.Read(ref _keyDownloads);

    public IReadOnlyList<Grant> Grants
    {
        get { lock (_gate) { return [.. _grants]; } }
    }

    /// <summary>The latest sign-in.</summary>
    public Grant Grant => Grants[^1];

    public void GoDown() => Faults.GoDown();

    public void Hang() => Faults.Hang();

    public void ComeBack() => Faults.ComeBack();

    /// <summary>Completes when one more refresh call has arrived than now. Ask before you act.</summary>
    public Task NextRefreshAsync()
    {
        var seen = Refreshes;
        return Eventually.HappensAsync(() => Refreshes > seen, "another refresh call at the provider");
    }

    public IssuedToken? FindAccessToken(string value) => _accessTokens.GetValueOrDefault(value);

    public async ValueTask DisposeAsync()
    {
        Faults.CutOff();
        foreach (var listener in _listeners) { await listener.DisposeAsync(); }
        MutualTls?.Dispose();
    }
}
