namespace Bff.Sessions;

/// <summary>What the names of our cookies begin with.</summary>
internal static class CookieNames
{
    /// <summary>Makes a browser keep the cookie for this host alone, sent over https only (RFC 6265bis section 4.1.3.2).</summary>
    public const string HostPrefix = "__Host-";

    /// <summary>Of a sign-in under way.</summary>
    public const string State = Flow + "state-", Nonce = Flow + "nonce-";

    /// <summary>Says that a sign-in begins from a page of our own.</summary>
    public const string Step = Flow + "step";

    /// <summary>Says that a sign-in for a page behind it has just ended.</summary>
    public const string Arrived = Flow + "arrived";

    /// <summary>Of the session of a front end with a name.</summary>
    public const string OfFrontEnd = "bff.";

    private const string Flow = "bff-";

    public static bool IsOfSignIn(ReadOnlySpan<char> name) => WithoutHostPrefix(name).StartsWith(Flow, StringComparison.OrdinalIgnoreCase);

    /// <summary>Also one that is not there any more, or on another node only: its key may still be worth something.</summary>
    public static bool IsOfFrontEnd(ReadOnlySpan<char> name) => WithoutHostPrefix(name).StartsWith(OfFrontEnd, StringComparison.OrdinalIgnoreCase);

    public static bool IsState(ReadOnlySpan<char> name) => WithoutHostPrefix(name).StartsWith(State, StringComparison.Ordinal);

    public static ReadOnlySpan<char> WithoutHostPrefix(ReadOnlySpan<char> name) =>
        name.StartsWith(HostPrefix, StringComparison.OrdinalIgnoreCase) ? name[HostPrefix.Length..] : name;
}
