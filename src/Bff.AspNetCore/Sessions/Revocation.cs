using Bff.Providers;

namespace Bff.Sessions;

/// <summary>A refresh token that outlived its session, claimed by one node for a while.</summary>
/// <param name="Id">Of this revocation.</param>
/// <param name="SessionId">The session it belonged to.</param>
/// <param name="Tokens">Null when they cannot be decrypted.</param>
/// <param name="Attempts">How many there were, this one included.</param>
/// <param name="Owner">Unique to this claim.</param>
/// <param name="ForgetAt">When it is given up.</param>
internal sealed record Revocation(string Id, SessionId SessionId, TokenSet? Tokens, int Attempts, string Owner, DateTimeOffset ForgetAt)
{
    /// <summary>It is tried this long, from its first attempt on.</summary>
    public static readonly TimeSpan ForgetAfter = TimeSpan.FromDays(1);

    /// <summary>One that a living session holds back is looked at again after this.</summary>
    public static readonly TimeSpan HeldBackFor = TimeSpan.FromMinutes(10);
}
