using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace Bff.HostTests;

/// <summary>The user info endpoint.</summary>
internal sealed partial class PretendProvider
{
    /// <summary>Names are at <c>/userinfo</c>, which is announced then; null for no such endpoint.</summary>
    public UserInfoRule? UserInfo { get; set; }

    /// <summary>The token of each user info request, good or not; empty where none was shown.</summary>
    public ConcurrentQueue<string> UserInfoCalls { get; } = new();

    private async Task<IResult> AnswerUserInfoAsync(HttpRequest request)
    {
        if (UserInfo is not { } rule) { return Results.NotFound(); }
        var scheme = Proofs is null ? "Bearer " : "DPoP ";
        var authorization = request.Headers.Authorization.ToString();
        var shown = authorization.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) ? authorization[scheme.Length..] : "";
        UserInfoCalls.Enqueue(shown);
        if (FindAccessToken(shown) is not { } token || token.ExpiresAt <= _clock.GetUtcNow()
            || (token.CertificateHash is { } hash && hash != BoundTo(request)))
        {
            request.HttpContext.Response.Headers.WWWAuthenticate = shown.Length == 0 ? "Bearer" : "Bearer error=\"invalid_token\"";
            return Refuse(request, 401, "invalid_token", "no access token, or not a good one");
        }

        if (await RefuseProofAsync(request, shown) is not null || token.KeyThumbprint != KeyOf(request))
        {
            // A protected resource says it in the header (section 9).
            request.HttpContext.Response.Headers.WWWAuthenticate = $"DPoP error=\"{Refusals.Last().Error}\", algs=\"ES256\"";
            return Results.StatusCode(401);
        }

        var claims = new Dictionary<string, object?>
        {
            ["sub"] = rule.SubjectInstead ?? token.Subject, ["name"] = "Name of " + token.Subject, ["email"] = token.Subject + "@pretend.example",
        };
        if (rule.IsSigned) { (claims["iss"], claims["aud"]) = (Issuer, AcceptedClientId); }
        rule.Shape(claims);
        return rule.IsSigned ? Results.Text(SignAnswer(claims), "application/jwt") : Results.Json(claims);
    }
}
