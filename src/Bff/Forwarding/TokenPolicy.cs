namespace Bff.Forwarding;

/// <summary>The token a route sends upstream, stated in its YARP metadata as <c>Bff.Token</c>.</summary>
internal enum TokenPolicy
{
    /// <summary>No token, whoever calls. The default.</summary>
    None,

    /// <summary>The user's access token; 401 without a session.</summary>
    User,

    /// <summary>The user's access token when signed in, else none.</summary>
    UserOrNone,
}

internal static class TokenPolicies
{
    public const string MetadataKey = "Bff.Token";

    /// <summary>False for a word that is none of ours; a number, though the enum would take it, is none.</summary>
    public static bool TryRead(IReadOnlyDictionary<string, string>? metadata, out TokenPolicy policy)
    {
        policy = TokenPolicy.None;
        if (metadata is null || !metadata.TryGetValue(MetadataKey, out var word)) { return true; }
        return Enum.GetNames<TokenPolicy>().Contains(word, StringComparer.Ordinal) && Enum.TryParse(word, out policy);
    }
}
