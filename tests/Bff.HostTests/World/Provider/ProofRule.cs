namespace Bff.HostTests;

/// <summary>
/// Tokens are bound to keys (RFC 9449): token requests and pushed requests need a proof, and authorization requests that are not pushed a <c>dpop_jkt</c>.
/// </summary>
internal sealed class ProofRule(TimeProvider clock)
{
    public ProofChecker Checker { get; } = new(clock);

    /// <summary>A refresh token is good with its own key only, as for public clients (section 5).</summary>
    public bool BindsRefreshTokens { get; set; }

    /// <summary>The <c>token_type</c> of what is issued.</summary>
    public string TokenType { get; set; } = "DPoP";
}
