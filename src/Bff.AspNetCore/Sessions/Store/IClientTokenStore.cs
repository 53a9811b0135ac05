using Bff.Providers;

namespace Bff.Sessions.Store;

/// <summary>
/// Tokens of our clients themselves, which are no session's: the nodes share them, so that one asks the provider and the others read. Each has a name that says
/// whose it is and for which API. Whoever is to get the next one claims it first.
/// </summary>
internal interface IClientTokenStore
{
    /// <summary>Null when there is none, and nobody has claimed it.</summary>
    Task<StoredClientToken?> FindClientTokenAsync(string id, CancellationToken cancellationToken);

    /// <summary>Takes the right to get the next one, for one caller only until <paramref name="until"/>.</summary>
    /// <param name="id">Its name.</param>
    /// <param name="version">The one that the caller saw; 0 for none.</param>
    /// <param name="now">The time.</param>
    /// <param name="owner">Unique to this claim.</param>
    /// <param name="until">When others may take over.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>False when somebody else has it, or there is a newer one.</returns>
    Task<bool> ClaimClientTokenAsync(
        string id, long version, DateTimeOffset now, string owner, DateTimeOffset until, CancellationToken cancellationToken);

    /// <summary>Stores the next one, and gives the claim back.</summary>
    /// <param name="id">Its name.</param>
    /// <param name="owner">Of the claim.</param>
    /// <param name="tokens">What came; null to give the claim back without.</param>
    /// <param name="forgetAt">When it may be deleted.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <returns>False when the claim was lost meanwhile; nothing was written.</returns>
    Task<bool> CompleteClientTokenAsync(string id, string owner, TokenSet? tokens, DateTimeOffset forgetAt, CancellationToken cancellationToken);
}
