namespace Bff.HostTests;

/// <summary>One sign-in as the provider remembers it: whose, which refresh token is good, and what was done with the old ones.</summary>
internal sealed class Grant(string subject, string providerSid)
{
    public string Subject { get; } = subject;

    public string ProviderSid { get; } = providerSid;

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

internal sealed record IssuedToken(string Value, string Subject, DateTimeOffset ExpiresAt);

/// <summary>A value nobody but its owner may see.</summary>
internal sealed record Secret(string Kind, string Value);
