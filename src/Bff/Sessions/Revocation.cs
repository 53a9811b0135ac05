using Bff.Tokens;

namespace Bff.Sessions;

/// <summary>A refresh token that outlived its session, claimed by one node until <paramref name="Until"/>.</summary>
/// <param name="Id">Of this revocation.</param>
/// <param name="SessionId">The session it belonged to.</param>
/// <param name="Tokens">Null when they cannot be decrypted.</param>
/// <param name="Attempts">How many there were, this one included.</param>
/// <param name="Until">When others may take over.</param>
/// <param name="ForgetAt">When it is given up.</param>
internal sealed record Revocation(string Id, SessionId SessionId, TokenSet? Tokens, int Attempts, DateTimeOffset Until, DateTimeOffset ForgetAt);
