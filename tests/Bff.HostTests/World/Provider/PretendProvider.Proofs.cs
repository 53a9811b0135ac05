using Microsoft.AspNetCore.Http;

namespace Bff.HostTests;

/// <summary>Tokens that are bound to a key (RFC 9449).</summary>
internal sealed partial class PretendProvider
{
    private const string KeyItem = "dpop key";

    /// <summary>Tokens are bound to keys, and nothing else is issued; announced. Null for bearer tokens.</summary>
    public ProofRule? Proofs { get; set; }

    private async Task<IResult?> RefuseProofAsync(HttpRequest request, string? accessToken = null)
    {
        if (Proofs is not { } rule) { return null; }
        if (rule.Checker.NonceFor(request.Path) is { } nonce) { request.HttpContext.Response.Headers["DPoP-Nonce"] = nonce; }
        var proof = await rule.Checker.CheckAsync(request, accessToken);
        if (proof.Thumbprint is null) { return Refuse(request, 400, proof.Error, proof.Reason); }
        request.HttpContext.Items[KeyItem] = proof.Thumbprint;
        return null;
    }

    /// <summary>Of the request's proof.</summary>
    private static string? KeyOf(HttpRequest request) => request.HttpContext.Items[KeyItem] as string;
}
