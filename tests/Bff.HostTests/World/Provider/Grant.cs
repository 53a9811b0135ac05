namespace Bff.HostTests;

/// <summary>One sign-in as the provider remembers it: whose, which refresh token is good, and what was done with the old ones.</summary>
internal sealed class Grant(string subject, string providerSid)
{
    public string Subject { get; } = subject;

    public string ProviderSid { get; } = providerSid;

    /// <summary>Whose user it is, at a provider of many tenants.</summary>
    public string? Tenant { get; init; }

    /// <summary>Gets refresh tokens.</summary>
    public bool MayRefresh { get; init; } = true;

    public string? Acr { get; init; }

    public DateTimeOffset? AuthTime { get; init; }

    /// <summary>The certificate without which nothing is given any more (<c>x5t#S256</c>).</summary>
    public string? CertificateHash { get; set; }

    public string? RefreshToken { get; set; }

    /// <summary>Refresh tokens that were traded already, the latest last.</summary>
    public List<string> Used { get; } = [];

    public IssuedToken? AccessToken { get; set; }

    /// <summary>Refused from now on.</summary>
    public bool Over { get; set; }

    /// <summary>Refresh calls that arrived, whatever became of them.</summary>
    public int Refreshes { get; set; }

    public int UnderWay { get; set; }

    /// <summary>The most refresh calls that were under way at once.</summary>
    public int MostAtOnce { get; set; }
}

internal sealed record IssuedToken(string Value, string Subject, DateTimeOffset ExpiresAt)
{
    /// <summary>Who it is for, where that had to be said.</summary>
    public IReadOnlyList<string> Audiences { get; init; } = [];

    /// <summary>The certificate it is bound to (<c>x5t#S256</c>).</summary>
    public string? CertificateHash { get; init; }

    /// <summary>The key it is bound to (<c>jkt</c>).</summary>
    public string? KeyThumbprint { get; init; }
}

/// <summary>A value nobody but its owner may see.</summary>
internal sealed record Secret(string Kind, string Value);
