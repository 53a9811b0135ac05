using static OpenIddict.Abstractions.OpenIddictConstants;

namespace DevStack.Provider.Users;

internal static class DemoScopes
{
    /// <summary>The API permission: alice has it, bob does not.</summary>
    public const string ReadMessages = "read:messages";

    public static IReadOnlyList<string> All { get; } = [Scopes.OpenId, Scopes.Profile, Scopes.Email, Scopes.OfflineAccess, ReadMessages];

    /// <summary>What a scope means to the person who is asked for it.</summary>
    public static string InWords(string scope) => scope switch
    {
        Scopes.OpenId => "Know who you are",
        Scopes.Profile => "See your name",
        Scopes.Email => "See your e-mail address",
        Scopes.OfflineAccess => "Stay signed in while you are away",
        ReadMessages => "Read your messages in the demo API",
        _ => scope,
    };
}
