using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Bff.HostTests;

/// <summary>What the provider answers when nothing is broken.</summary>
internal sealed partial class PretendProvider
{
    private Task TellTimeAsync(HttpContext context, RequestDelegate next)
    {
        if (ClockAhead != TimeSpan.Zero) { context.Response.GetTypedHeaders().Date = _clock.GetUtcNow() + ClockAhead; }
        return next(context);
    }

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
        if (OffersPushedRequests) { metadata["pushed_authorization_request_endpoint"] = Issuer + "/par"; }
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
        if (asked.GetValueOrDefault("request_uri") is { } pushed) { asked = _pushed[pushed]; }
        Authorizations.Enqueue(asked);
        if (asked.GetValueOrDefault("client_id") != ClientId || asked.GetValueOrDefault("response_type") != "code")
        {
            return Results.BadRequest("unknown client or response type");
        }

        if (asked.GetValueOrDefault("code_challenge_method") != "S256" || asked.GetValueOrDefault("code_challenge") is not { Length: > 0 } challenge)
        {
            return Results.BadRequest("PKCE with S256 is required");
        }

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

    private async Task<IResult> PushAsync(HttpRequest request)
    {
        var form = Form(await request.ReadFormAsync());
        if (!IsOurClient(form)) { return Error(401, "invalid_client"); }
        var uri = "urn:ietf:params:oauth:request_uri:" + NewSecret("request");
        _pushed[uri] = form;
        return Results.Json(new { request_uri = uri, expires_in = 60 }, statusCode: 201);
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

    private bool IsOurClient(Dictionary<string, string> form) =>
        form.GetValueOrDefault("client_id") == ClientId && form.GetValueOrDefault("client_secret") == AcceptedSecret;

    private static IResult Error(int status, string error) => Results.Json(new { error }, statusCode: status);

    private static Dictionary<string, string> Form(IFormCollection form) => form.ToDictionary(pair => pair.Key, pair => pair.Value.ToString());
}
