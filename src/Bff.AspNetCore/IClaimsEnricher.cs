namespace Bff;

/// <summary>
/// Adds claims to a user, such as roles from a database, before the session is stored: at the sign-in, and again at every renewal, when what it adds takes the
/// place of what it added before. Register it as a singleton; there may be several, and each sees what those before it have added.
/// </summary>
/// <remarks>
/// At a sign-in, what it throws, or ten seconds without an end, fail the sign-in: nobody is let in with fewer claims than meant. At a renewal they are logged, and
/// the session goes on with what was added last; it has two seconds there, since new tokens wait to be stored. The page can read what is added
/// (<c>/bff/user</c>), as all claims.
/// </remarks>
public interface IClaimsEnricher
{
    /// <summary>Adds claims.</summary>
    /// <param name="user">Whose, and where to.</param>
    /// <param name="cancellationToken">Cancelled when it takes too long.</param>
    /// <returns>When all are added.</returns>
    Task EnrichAsync(EnrichedUser user, CancellationToken cancellationToken);
}
