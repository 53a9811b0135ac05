namespace Bff.Providers;

/// <summary>
/// For a provider whose client secret is a token signed by the client's key, as Apple's: Bff makes one for each call, good for five minutes, so that there is
/// none to renew. In use when <see cref="Issuer"/> is set.
/// </summary>
internal sealed class ClientSecretFromKeyOptions
{
    /// <summary>The secret's <c>iss</c>: the team id at Apple.</summary>
    public string? Issuer { get; set; }

    /// <summary>The secret's <c>aud</c>. Default: <c>https://appleid.apple.com</c>.</summary>
    public string Audience { get; set; } = "https://appleid.apple.com";

    public bool IsInUse => !string.IsNullOrEmpty(Issuer);
}
