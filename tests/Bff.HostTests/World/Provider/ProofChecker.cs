using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Bff.HostTests;

/// <summary>Checks proofs as RFC 9449 section 4.3 wants, with Microsoft's token library and nothing of the proxy's.</summary>
internal sealed class ProofChecker(TimeProvider clock)
{
    public const string InvalidProof = "invalid_dpop_proof", NonceWanted = "use_dpop_nonce";

    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(30);

    private readonly JsonWebTokenHandler _handler = new();
    private readonly ConcurrentDictionary<string, bool> _used = new();

    /// <summary>What one request's proof is worth.</summary>
    /// <param name="Thumbprint">Of its key; null when the proof does not hold.</param>
    /// <param name="Error">The word for what is wrong.</param>
    /// <param name="Reason">The same in a sentence.</param>
    public sealed record Result(string? Thumbprint, string Error = "", string Reason = "");

    /// <summary>What every proof must have in it; null for nothing.</summary>
    public string? Nonce { get; set; }

    /// <summary>Each response has another nonce, and no proof has the right one.</summary>
    public bool IsNeverContent { get; set; }

    /// <summary>Each path has a nonce of its own, as where several servers have one address.</summary>
    public bool IsByPath { get; set; }

    /// <summary>What the response has in <c>DPoP-Nonce</c>; null for nothing.</summary>
    public string? NonceFor(PathString path) =>
        IsNeverContent ? Guid.NewGuid().ToString("N") : IsByPath ? path.Value!.Replace('/', '-') : Nonce;

    /// <summary>Proofs that held.</summary>
    public ConcurrentQueue<JsonWebToken> Taken { get; } = new();

    /// <summary>The keys of those.</summary>
    public ConcurrentDictionary<string, int> Keys { get; } = new();

    public Task<Result> CheckAsync(HttpRequest request, string? accessToken = null)
    {
        var target = request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0];
        return CheckAsync([.. request.Headers["DPoP"]], request.Method, $"{request.Scheme}://{request.Host}{target}", accessToken);
    }

    /// <param name="headers">The values of <c>DPoP</c>.</param>
    /// <param name="method">The request's.</param>
    /// <param name="target">Its address without query.</param>
    /// <param name="accessToken">That it carries.</param>
    public async Task<Result> CheckAsync(string?[] headers, string method, string target, string? accessToken = null)
    {
        if (headers is not [{ Length: > 0 } text]) { return Wrong("no proof, or several"); }
        if (KeyIn(text) is not { } key) { return Wrong("no public key in the header"); }
        var result = await _handler.ValidateTokenAsync(text, new TokenValidationParameters
        {
            IssuerSigningKey = key,
            ValidTypes = ["dpop+jwt"],
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            ValidateIssuer = false,
            ValidateAudience = false,
            ValidateLifetime = false,
        });
        if (!result.IsValid) { return Wrong("not a valid token: " + result.Exception.GetType().Name); }
        var proof = (JsonWebToken)result.SecurityToken;
        if (Claim(proof, "htm") != method) { return Wrong("another htm"); }
        if (Claim(proof, "htu") != target) { return Wrong($"another htu: {Claim(proof, "htu")} instead of {target}"); }
        if (!proof.TryGetPayloadValue<long>("iat", out var issuedAt)
            || (DateTimeOffset.FromUnixTimeSeconds(issuedAt) - clock.GetUtcNow()).Duration() > Tolerance)
        {
            return Wrong("an iat that is not now");
        }

        if (accessToken is not null && Claim(proof, "ath") != Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(accessToken))))
        {
            return Wrong("another ath");
        }

        if (NonceFor(new Uri(target).AbsolutePath) is { } nonce && Claim(proof, "nonce") != nonce) { return new(null, NonceWanted, "another nonce"); }
        if (Claim(proof, "jti") is not { Length: >= 16 } id || !_used.TryAdd(id, true)) { return Wrong("a jti of before"); }
        Taken.Enqueue(proof);
        var thumbprint = Base64UrlEncoder.Encode(key.ComputeJwkThumbprint());
        Keys.AddOrUpdate(thumbprint, 1, (_, count) => count + 1);
        return new(thumbprint);
    }

    private static string? Claim(JsonWebToken proof, string name) => proof.TryGetPayloadValue<string>(name, out var value) ? value : null;

    private static JsonWebKey? KeyIn(string text)
    {
        try
        {
            using var header = JsonDocument.Parse(Base64UrlEncoder.Decode(text.Split('.')[0]));
            var key = new JsonWebKey(header.RootElement.GetProperty("jwk").GetRawText());
            return key.HasPrivateKey ? null : key;
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or ArgumentException or FormatException)
        {
            return null;
        }
    }

    private static Result Wrong(string reason) => new(null, InvalidProof, reason);
}
