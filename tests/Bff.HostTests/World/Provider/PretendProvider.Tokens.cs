using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Bff.HostTests;

/// <summary>The token endpoint.</summary>
internal sealed partial class PretendProvider
{
    private async Task<IResult> TokenAsync(HttpRequest request)
    {
        var form = Form(await request.ReadFormAsync());
        TokenCalls.Enqueue(form);
        if (await RefuseClientAsync(request, form) is { } refused) { return refused; }
        if (await RefuseProofAsync(request) is { } unproven) { return unproven; }
        return form.GetValueOrDefault("grant_type") switch
        {
            "authorization_code" => Redeem(request, form),
            "refresh_token" => Refresh(request, form),
            Exchange => ExchangeToken(request, form),
            "client_credentials" => IssueToClient(request, form),
            _ => Error(request, 400, "unsupported_grant_type"),
        };
    }

    private IResult Redeem(HttpRequest request, Dictionary<string, string> form)
    {
        var challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(form.GetValueOrDefault("code_verifier", ""))));
        if (!_codes.TryRemove(form.GetValueOrDefault("code", ""), out var code)
            || code.Challenge != challenge || code.RedirectUri != form.GetValueOrDefault("redirect_uri"))
        {
            return Error(request, 400, "invalid_grant");
        }

        if (code.KeyThumbprint is { } key && key != KeyOf(request)) { return Refuse(request, 400, "invalid_grant", "a code of another key"); }
        if (RefuseTarget(request, request.Form[Target?.Parameter ?? ""]) is { } refused) { return refused; }
        code.Grant.CertificateHash = BoundTo(request);
        lock (_gate) { _grants.Add(code.Grant); }
        return Results.Json(Issue(request, code.Grant, code.Nonce));
    }

    private IResult Refresh(HttpRequest request, Dictionary<string, string> form)
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

            if (grant is not { Over: false }) { return Error(request, 400, "invalid_grant"); }
            if (grant.CertificateHash is { } hash && hash != BoundTo(request))
            {
                return Refuse(request, 400, "invalid_grant", "a refresh token of another client certificate");
            }

            if (Proofs is { BindsRefreshTokens: true } && grant.AccessToken?.KeyThumbprint is { } key && key != KeyOf(request))
            {
                return Refuse(request, 400, "invalid_grant", "a refresh token of another key");
            }

            if (Apis is not null && AudienceIn(form) is not null) { return IssueForApi(request, form, "refresh_token", grant.Subject, grant); }
            return RefuseTarget(request, request.Form[Target?.Parameter ?? ""]) ?? Results.Json(Issue(request, grant, nonce: null));
        }
    }

    private Dictionary<string, object?> Issue(HttpRequest request, Grant grant, string? nonce)
    {
        var newRefreshToken = GivesRefreshTokens && grant.MayRefresh && (Rotates || grant.RefreshToken is null);
        if (newRefreshToken)
        {
            if (grant.RefreshToken is { } old) { grant.Used.Add(old); }
            grant.RefreshToken = NewSecret("refresh token");
        }

        var now = _clock.GetUtcNow();
        string[] audiences = Target is { } target ? [.. request.Form[target.Parameter].Select(target.AudienceOf!)] : [];
        var issued = NewAccessToken(grant, now, (BoundTo(request), KeyOf(request)), audiences);
        grant.AccessToken = _accessTokens[issued.Value] = issued;
        var idToken = Keep("ID token", Encrypted(WriteIdToken(IdTokenClaims(grant, nonce, issued.Value, now))));
        _idTokens[idToken] = grant;
        var answer = new Dictionary<string, object?>
        {
            ["access_token"] = issued.Value,
            ["token_type"] = Proofs?.TokenType ?? "Bearer",
            ["expires_in"] = (long)Lifetime.TotalSeconds,
            ["id_token"] = idToken,
        };
        if (newRefreshToken) { answer["refresh_token"] = grant.RefreshToken; }
        ShapeTokenAnswer(answer);
        return answer;
    }

    private IssuedToken NewAccessToken(Grant grant, DateTimeOffset now, (string? Certificate, string? Key) bound, string[] audiences)
    {
        var claims = new Dictionary<string, object?>
        {
            ["iss"] = IssuerFor(grant), ["sub"] = grant.Subject, ["jti"] = Guid.NewGuid(), ["exp"] = (now + Lifetime).ToUnixTimeSeconds(),
        };
        if (audiences.Length > 0) { claims["aud"] = audiences.Length == 1 ? audiences[0] : audiences; }
        if (grant.Acr is not null) { claims["acr"] = grant.Acr; }   // RFC 9470 section 6.2
        var confirmation = new Dictionary<string, string>();
        if (bound.Certificate is not null) { confirmation["x5t#S256"] = bound.Certificate; }
        if (bound.Key is not null) { confirmation["jkt"] = bound.Key; }
        if (confirmation.Count > 0) { claims["cnf"] = confirmation; }
        var value = OpaqueAccessTokens ? NewSecret("access token") : Keep("access token", Jwt.Sign(claims, Key));
        return new(value, grant.Subject, now + Lifetime) 
        {
            Audiences = audiences, CertificateHash = bound.Certificate, KeyThumbprint = bound.Key,
        };
    }

    private IResult? RefuseTarget(HttpRequest request, StringValues asked)
    {
        if (Target is not { } target) { return null; }
        if (asked.Count == 0) { return Refuse(request, 400, target.Error, $"no {target.Parameter}"); }
        return asked.All(target.Allowed.Contains) ? null : Refuse(request, 400, target.Error, $"an unknown {target.Parameter}");
    }

    /// <summary>The hash of the connection's certificate, when tokens are bound to it.</summary>
    private string? BoundTo(HttpRequest request) =>
        MutualTls is { BindsTokens: true } && request.HttpContext.Connection.ClientCertificate is { } shown ? SelfSigned.HashOf(shown) : null;
}
