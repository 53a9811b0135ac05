namespace Bff.Sessions;

/// <param name="Living">Sessions that have not ended.</param>
/// <param name="Renewable">Those of them with a renewal scheduled; may count sessions that ended in the last minute.</param>
internal sealed record SessionCount(long Living, long Renewable);
