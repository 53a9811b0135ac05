using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;

namespace Bff.HostTests;

/// <summary>An OpenID provider that signs anybody in at once, insists on its rules, remembers everything, and breaks on request.</summary>
internal sealed class PretendProvider : IAsyncDisposable
{
    public const string ClientId = "bff-under-test";
    public const string ClientSecret = "pretend-client-secret-7c1f0a";

    private readonly Lock _gate = new();
    private readonly TimeProvider _clock;
    private readonly WebApplication _app;
    private readonly List<Grant> _grants = [];
    private readonly ConcurrentDictionary<string, Code> _codes = new();
    private readonly ConcurrentDictionary<string, IssuedToken> _accessTokens = new();
    private int _refreshes;
    private int _reuses;
    private int _keyDownloads;
    private int _underWay;

    private sealed record Code(Grant Grant, string Nonce, string RedirectUri, string Challenge);

    private PretendProvider(TimeProvider clock)
    {
        _clock = clock;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Use(WatchRefreshesAsync);
        _app.Use((context, next) => Faults.InvokeAsync(context, next));
        _app.MapGet("/.well-known/openid-configuration", Metadata);
        _app.MapGet("/jwks", Keys);
        _app.MapGet("/authorize", Authorize);
        _app.MapPost("/token", TokenAsync);
        _app.MapPost("/revoke", RevokeAsync);
        _app.MapGet("/end-session", (HttpRequest request) => EndSession(request));
        WriteIdToken = claims => Jwt.Sign(claims, Key);
    }

    public static async Task<PretendProvider> StartAsync(TimeProvider clock)
    {
        var provider = new PretendProvider(clock);
        await provider._app.StartAsync();
        provider.Issuer = provider._app.Urls.Single();
        return provider;
    }

    public string Issuer { get; private set; } = "";

    public ProviderFaults Faults { get; } = new();

    public TimeSpan Lifetime { get; set; } = TimeSpan.FromMinutes(5);

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

    public Action<IDictionary<string, object?>> ShapeIdToken { get; set; } = _ => { };

    public Func<IDictionary<string, object?>, string> WriteIdToken { get; set; }

    public Action<IDictionary<string, object?>> ShapeTokenAnswer { get; set; } = _ => { };

    /// <summary>Each authorization request's parameters.</summary>
    public ConcurrentQueue<Dictionary<string, string>> Authorizations { get; } = new();

    /// <summary>Each token call's form.</summary>
    public ConcurrentQueue<Dictionary<string, string>> TokenCalls { get; } = new();

    public ConcurrentQueue<Dictionary<string, string>> Revocations { get; } = new();

    public ConcurrentQueue<Dictionary<string, string>> SignOuts { get; } = new();

    /// <summary>Every token and code handed out, and the client secret.</summary>
    public ConcurrentBag<Secret> Secrets { get; } = [new("client secret", ClientSecret)];

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

    private async Task WatchRefreshesAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path != "/token" || (await context.Request.ReadFormAsync())["grant_type"] != "refresh_token")
        {
            await next(context);
            return;
        }

        var presented = context.Request.Form["refresh_token"].ToString();
        Grant? grant;
        lock (_gate)
        {
            MostAtOnce = Math.Max(MostAtOnce, ++_underWay);
            grant = _grants.Find(known => known.RefreshToken == presented || known.Used.Contains(presented));
            if (grant is not null)
            {
                grant.Refreshes++;
                grant.MostAtOnce = Math.Max(grant.MostAtOnce, ++grant.UnderWay);
            }
        }

        Interlocked.Increment(ref _refreshes);
        try
        {
            await next(context);
        }
        finally
        {
            lock (_gate)
            {
                _underWay--;
                if (grant is not null) { grant.UnderWay--; }
            }
        }
    }

    private Dictionary<string, object?> Metadata()
    {
        var metadata = new Dictionary<string, object?>
        {
            ["issuer"] = Issuer,
            ["authorization_endpoint"] = Issuer + "/authorize",
            ["token_endpoint"] = Issuer + "/token",
            ["jwks_uri"] = Issuer + "/jwks",
            ["revocation_endpoint"] = Issuer + "/revoke",
            ["end_session_endpoint"] = Issuer + "/end-session",
            ["response_types_supported"] = new[] { "code" },
            ["subject_types_supported"] = new[] { "public" },
            ["id_token_signing_alg_values_supported"] = new[] { "RS256" },
            ["code_challenge_methods_supported"] = new[] { "S256" },
            ["authorization_response_iss_parameter_supported"] = true,
        };
        ShapeMetadata(metadata);
        return metadata;
    }

    private object Keys()
    {
        Interlocked.Increment(ref _keyDownloads);
        return new { keys = new[] { Key.Public() } };
    }

    private IResult Authorize(HttpContext context)
    {
        var asked = context.Request.Query.ToDictionary(pair => pair.Key, pair => pair.Value.ToString());
        Authorizations.Enqueue(asked);
        if (asked.GetValueOrDefault("client_id") != ClientId || asked.GetValueOrDefault("response_type") != "code") { return Results.BadRequest("unknown client or response type"); }
        if (asked.GetValueOrDefault("code_challenge_method") != "S256" || asked.GetValueOrDefault("code_challenge") is not { Length: > 0 } challenge) { return Results.BadRequest("PKCE with S256 is required"); }

        var user = asked.GetValueOrDefault("login_hint") ?? context.Request.Cookies["idp"];
        var error = AuthorizeError ?? (asked.GetValueOrDefault("prompt") == "none" ? SilentError ?? (user is null ? "login_required" : null) : null);
        var answer = new Dictionary<string, string?> { ["state"] = asked["state"], ["iss"] = Issuer };
        if (error is not null) { answer["error"] = error; }
        else
        {
            user ??= "alice";
            context.Response.Cookies.Append("idp", user);
            answer["code"] = NewSecret("code");
            answer["session_state"] = "state-of-" + user;
            _codes[answer["code"]!] = new Code(new Grant(user, "sid-" + NewSecret("sid")), asked["nonce"], asked["redirect_uri"], challenge);
        }

        ShapeAuthorizeAnswer(answer);
        return Results.Redirect(QueryHelpers.AddQueryString(asked["redirect_uri"], answer.Where(pair => pair.Value is not null)));
    }

    private async Task<IResult> TokenAsync(HttpRequest request)
    {
        var form = Form(await request.ReadFormAsync());
        TokenCalls.Enqueue(form);
        if (!IsOurClient(form)) { return Error(401, "invalid_client"); }
        return form.GetValueOrDefault("grant_type") switch
        {
            "authorization_code" => Redeem(form),
            "refresh_token" => Refresh(form),
            _ => Error(400, "unsupported_grant_type"),
        };
    }

    private IResult Redeem(Dictionary<string, string> form)
    {
        var challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(form.GetValueOrDefault("code_verifier", ""))));
        if (!_codes.TryRemove(form.GetValueOrDefault("code", ""), out var code)
            || code.Challenge != challenge || code.RedirectUri != form.GetValueOrDefault("redirect_uri"))
        {
            return Error(400, "invalid_grant");
        }

        lock (_gate) { _grants.Add(code.Grant); }
        return Results.Json(Issue(code.Grant, code.Nonce));
    }

    private IResult Refresh(Dictionary<string, string> form)
    {
        var presented = form.GetValueOrDefault("refresh_token", "");
        lock (_gate)
        {
            var grant = _grants.Find(known => known.RefreshToken == presented);
            if (grant is null && _grants.Find(known => known.Used.Contains(presented)) is { } known)
            {
                if (ReuseLeeway && known.Used[^1] == presented) { grant = known; }
                else
                {
                    Interlocked.Increment(ref _reuses);
                    known.Over = true;
                }
            }

            return grant is { Over: false } ? Results.Json(Issue(grant, nonce: null)) : Error(400, "invalid_grant");
        }
    }

    private Dictionary<string, object?> Issue(Grant grant, string? nonce)
    {
        var newRefreshToken = GivesRefreshTokens && (Rotates || grant.RefreshToken is null);
        if (newRefreshToken)
        {
            if (grant.RefreshToken is { } old) { grant.Used.Add(old); }
            grant.RefreshToken = NewSecret("refresh token");
        }

        var now = _clock.GetUtcNow();
        var access = OpaqueAccessTokens ? NewSecret("access token") : Keep("access token", Jwt.Sign(new Dictionary<string, object?>
        {
            ["iss"] = Issuer, ["sub"] = grant.Subject, ["jti"] = Guid.NewGuid(), ["exp"] = (now + Lifetime).ToUnixTimeSeconds(),
        }, Key));
        grant.AccessToken = _accessTokens[access] = new IssuedToken(access, grant.Subject, now + Lifetime);
        var answer = new Dictionary<string, object?>
        {
            ["access_token"] = access,
            ["token_type"] = "Bearer",
            ["expires_in"] = (long)Lifetime.TotalSeconds,
            ["id_token"] = Keep("ID token", WriteIdToken(IdTokenClaims(grant, nonce, access, now))),
        };
        if (newRefreshToken) { answer["refresh_token"] = grant.RefreshToken; }
        ShapeTokenAnswer(answer);
        return answer;
    }

    private Dictionary<string, object?> IdTokenClaims(Grant grant, string? nonce, string accessToken, DateTimeOffset now)
    {
        var claims = new Dictionary<string, object?>
        {
            ["iss"] = Issuer,
            ["sub"] = grant.Subject,
            ["aud"] = ClientId,
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = now.AddMinutes(5).ToUnixTimeSeconds(),
            ["at_hash"] = Jwt.LeftHash(accessToken),
            ["sid"] = grant.ProviderSid,
            ["name"] = "Name of " + grant.Subject,
        };
        if (nonce is not null) { claims["nonce"] = nonce; }
        ShapeIdToken(claims);
        return claims;
    }

    private async Task<IResult> RevokeAsync(HttpRequest request)
    {
        var form = Form(await request.ReadFormAsync());
        Revocations.Enqueue(form);
        if (!IsOurClient(form)) { return Error(401, "invalid_client"); }
        lock (_gate)
        {
            if (_grants.Find(grant => grant.RefreshToken == form["token"]) is { } grant) { grant.Over = true; }
        }

        return Results.Ok();
    }

    private IResult EndSession(HttpRequest request)
    {
        SignOuts.Enqueue(request.Query.ToDictionary(pair => pair.Key, pair => pair.Value.ToString()));
        request.HttpContext.Response.Cookies.Delete("idp");
        return Results.Redirect(QueryHelpers.AddQueryString(request.Query["post_logout_redirect_uri"].ToString(), "state", request.Query["state"].ToString()));
    }

    private string NewSecret(string kind) => Keep(kind, Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(24)));

    private string Keep(string kind, string value)
    {
        Secrets.Add(new(kind, value));
        return value;
    }

    private static bool IsOurClient(Dictionary<string, string> form) =>
        form.GetValueOrDefault("client_id") == ClientId && form.GetValueOrDefault("client_secret") == ClientSecret;

    private static IResult Error(int status, string error) => Results.Json(new { error }, statusCode: status);

    private static Dictionary<string, string> Form(IFormCollection form) => form.ToDictionary(pair => pair.Key, pair => pair.Value.ToString());

    public async ValueTask DisposeAsync()
    {
        Faults.CutOff();
        await _app.DisposeAsync();
    }
}
