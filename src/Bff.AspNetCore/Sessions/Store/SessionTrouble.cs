namespace Bff.Sessions.Store;

/// <summary>Sessions in the whole store that are renewed in the background, but were not in time.</summary>
/// <param name="Late">Those whose renewal fails, or was due a while ago and nobody has begun it.</param>
/// <param name="Expired">Those of them whose access token has expired: their users' calls cannot be served.</param>
/// <param name="ExpiredSince">When the first of those expired.</param>
internal sealed record SessionTrouble(long Late, long Expired, DateTimeOffset? ExpiredSince);
