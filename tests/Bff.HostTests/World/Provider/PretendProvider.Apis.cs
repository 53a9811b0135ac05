using Microsoft.AspNetCore.Http;

namespace Bff.HostTests;

/// <summary>Tokens for APIs that a request names, token exchange, and tokens of the client itself.</summary>
internal sealed partial class PretendProvider
{
    private const string Exchange = "urn:ietf:params:oauth:grant-type:token-exchange";

    /// <summary>Null for a provider that knows no APIs.</summary>
    public ApiRule? Apis { get; set; }

    /// <summary>The access token is good no longer, and nobody is told.</summary>
    public void RevokeBehindOurBack(string accessToken)
    {
        if (!_accessTokens.TryRemove(accessToken, out _)) { throw new InvalidOperationException("There is no such token."); }
    }

    /// <summary>The subject of the client's own tokens.</summary>
    public string ClientSubject => "client-" + AcceptedClientId;

    private static string? AudienceIn(Dictionary<string, string> form) => form.GetValueOrDefault("audience") ?? form.GetValueOrDefault("resource");

    private IResult ExchangeToken(HttpRequest request, Dictionary<string, string> form)
    {
        var presented = _accessTokens.GetValueOrDefault(form.GetValueOrDefault("subject_token", ""));
        if (form.GetValueOrDefault("subject_token_type") != "urn:ietf:params:oauth:token-type:access_token" || Apis is null)
        {
            return Error(request, 400, "invalid_request");
        }

        if (!(presented?.ExpiresAt > _clock.GetUtcNow())) { return Error(request, 400, "invalid_grant"); }
        return IssueForApi(request, form, "token-exchange", presented.Subject, grant: null);
    }

    private IResult IssueToClient(HttpRequest request, Dictionary<string, string> form) =>
        IssueForApi(request, form, "client_credentials", ClientSubject, grant: null);

    /// <param name="request">The request.</param>
    /// <param name="form">Its form.</param>
    /// <param name="kind">The grant type.</param>
    /// <param name="subject">Whose token.</param>
    /// <param name="grant">Whose refresh token was presented, and may be rotated; null for none.</param>
    private IResult IssueForApi(HttpRequest request, Dictionary<string, string> form, string kind, string subject, Grant? grant)
    {
        var audience = AudienceIn(form) ?? "";
        var error = audience.Length == 0 && kind == "client_credentials" ? null : Apis!.ErrorOf(audience);
        Apis?.Requests.Enqueue(new(kind, audience, form.GetValueOrDefault("scope"), error is null ? subject : null, _clock.GetUtcNow()));
        if (error is not null) { return Error(request, 400, error); }
        var lifetime = Apis?.LifetimeOf(audience, Lifetime) ?? Lifetime;
        var claims = new Dictionary<string, object?>
        {
            ["iss"] = Issuer, ["sub"] = subject, ["aud"] = audience, ["jti"] = Guid.NewGuid(), ["exp"] = (_clock.GetUtcNow() + lifetime).ToUnixTimeSeconds(),
        };
        var issued = new IssuedToken(Keep("access token", Jwt.Sign(claims, Key)), subject, _clock.GetUtcNow() + lifetime)
        {
            Audiences = [audience], KeyThumbprint = KeyOf(request),
        };
        _accessTokens[issued.Value] = issued;
        var answer = new Dictionary<string, object?>
        {
            ["access_token"] = issued.Value, ["token_type"] = Proofs?.TokenType ?? "Bearer", ["expires_in"] = (long)lifetime.TotalSeconds,
        };
        if (kind == "token-exchange") { answer["issued_token_type"] = "urn:ietf:params:oauth:token-type:access_token"; }
        if (grant is not null && Rotates)
        {
            grant.Used.Add(grant.RefreshToken!);
            answer["refresh_token"] = grant.RefreshToken = NewSecret("refresh token");
        }

        ShapeTokenAnswer(answer);
        return Results.Json(answer);
    }
}
