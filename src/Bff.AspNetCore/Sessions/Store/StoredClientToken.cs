using Bff.Providers;

namespace Bff.Sessions.Store;

/// <summary>A token of our client's as the store has it.</summary>
/// <param name="Tokens">Null when there is none yet, or no key here opens it.</param>
/// <param name="Version">Counts the tokens; 0 for none yet.</param>
internal sealed record StoredClientToken(TokenSet? Tokens, long Version);
