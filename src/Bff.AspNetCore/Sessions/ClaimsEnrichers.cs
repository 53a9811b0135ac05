using System.Security.Claims;

namespace Bff.Sessions;

/// <summary>Asks the program around us what else is to be known of a user, before a session is stored.</summary>
internal sealed partial class ClaimsEnrichers(IEnumerable<IClaimsEnricher> enrichers, TimeProvider clock, ILogger<ClaimsEnrichers> logger)
{
    /// <summary>A user waits for it, and a state is used up.</summary>
    private static readonly TimeSpan MaxSignIn = TimeSpan.FromSeconds(10);

    /// <summary>Rotated tokens exist nowhere else until it is over.</summary>
    private static readonly TimeSpan MaxRenewal = TimeSpan.FromSeconds(2);

    private readonly IClaimsEnricher[] _enrichers = [.. enrichers];

    /// <summary>The session with what is added to its claims.</summary>
    /// <exception cref="ClaimsNotEnrichedException">Its user cannot be let in.</exception>
    public async Task<Session> AtSignInAsync(Session session)
    {
        if (_enrichers.Length == 0) { return session; }
        try
        {
            return session with { Claims = [.. session.Claims, .. await AskAsync(session, session.Claims, isRenewal: false, MaxSignIn)] };
        }
        catch (Exception error)
        {
            NotLetIn(error);
            throw new ClaimsNotEnrichedException(error);
        }
    }

    /// <summary>What a renewal makes of a session's claims; null when they stay as they are.</summary>
    /// <param name="session">As it was.</param>
    /// <param name="claims">As the renewal has them; null for as they were.</param>
    public async Task<IReadOnlyList<SessionClaim>?> AtRenewalAsync(Session session, IReadOnlyList<SessionClaim>? claims)
    {
        if (_enrichers.Length == 0) { return claims; }
        List<SessionClaim> provided = [.. (claims ?? session.Claims).Where(claim => !claim.IsAdded)];
        List<SessionClaim> before = [.. session.Claims.Where(claim => claim.IsAdded)];
        var added = await TryAskAsync(session, provided) ?? before;
        return claims is null && added.SequenceEqual(before) ? null : [.. provided, .. added];
    }

    private async Task<List<SessionClaim>?> TryAskAsync(Session session, List<SessionClaim> provided)
    {
        try
        {
            return await AskAsync(session, provided, isRenewal: true, MaxRenewal);
        }
        catch (Exception error)
        {
            NotEnriched(session.Id, error);
            return null;
        }
    }

    private async Task<List<SessionClaim>> AskAsync(Session session, IReadOnlyList<SessionClaim> claims, bool isRenewal, TimeSpan limit)
    {
        var user = new EnrichedUser
        {
            Subject = session.Subject, Provider = session.Provider, FrontEnd = session.FrontEnd, IsRenewal = isRenewal,
            Claims = [.. claims.Select(claim => new Claim(claim.Type, claim.Value, claim.ValueType))],
        };
        using var tooLong = new CancellationTokenSource(limit, clock);
        foreach (var enricher in _enrichers)
        {
            await Task.Run(() => enricher.EnrichAsync(user, tooLong.Token), CancellationToken.None).WaitAsync(tooLong.Token);
        }

        return [.. user.Added.Select(claim => new SessionClaim(claim.Type, claim.Value) { IsAdded = true })];
    }

    [LoggerMessage(LogLevel.Error, "The claims of a user could not be enriched; nobody is signed in.")]
    private partial void NotLetIn(Exception error);

    [LoggerMessage(LogLevel.Error, "The claims of session {Session} could not be enriched; it is renewed with those that were added before.")]
    private partial void NotEnriched(SessionId session, Exception error);
}
