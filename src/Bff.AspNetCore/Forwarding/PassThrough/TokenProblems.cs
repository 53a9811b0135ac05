namespace Bff.Forwarding.PassThrough;

/// <summary>Why a caller's token does not count. Code and detail stand in <c>WWW-Authenticate</c>, too: ASCII, no quotation mark and no backslash.</summary>
internal static class TokenProblems
{
    public static readonly Problem Required = new(
        StatusCodes.Status401Unauthorized, "token_required", "This address wants an access token.",
        "Send it in the header Authorization, as Bearer, or as DPoP with its proof.");

    public static readonly Problem TwoWays = new(
        StatusCodes.Status400BadRequest, "invalid_request", "This request says in two ways who calls.",
        "Send either the access token or the session cookie, and the token in the header Authorization alone.");

    public static Problem Wrong(string why) => new(StatusCodes.Status401Unauthorized, "invalid_token", "The access token is not good here.", why);

    public static readonly Problem OtherIssuer = Wrong("The access token is of another issuer.");

    public static readonly Problem NoProof = WrongProof("There is no proof in the header DPoP, or more than one.");

    public static Problem WrongProof(string why) => new(StatusCodes.Status401Unauthorized, "invalid_dpop_proof", "The proof is not good here.", why);
}
