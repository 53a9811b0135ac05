namespace Bff.Providers.DPoP;

/// <summary>The words of RFC 9449.</summary>
internal static class ProofHeaders
{
    /// <summary>The header of a proof, and the scheme of the token it goes with.</summary>
    public const string Proof = "DPoP";

    public const string Nonce = "DPoP-Nonce";

    /// <summary>A server wants its nonce in the proof (sections 8 and 9).</summary>
    public const string NonceWanted = "use_dpop_nonce";

    /// <summary>Whether a protected resource has refused a request for the nonce that was not in it, or an old one (section 9).</summary>
    public static bool AsksForNonce(HttpResponseMessage response) =>
        response.StatusCode == System.Net.HttpStatusCode.Unauthorized
        && response.Headers.WwwAuthenticate.Any(challenge => challenge.Scheme.Equals(Proof, StringComparison.OrdinalIgnoreCase)
            && challenge.Parameter?.Contains(NonceWanted, StringComparison.Ordinal) == true);
}
