namespace Bff.HostTests.Embedding;

/// <summary>Gives a user a rank, which is another one each time.</summary>
internal sealed class Ranks : IClaimsEnricher
{
    private int _asked;

    public bool Fails { get; set; }

    public Task EnrichAsync(EnrichedUser user, CancellationToken cancellationToken)
    {
        if (Fails) { throw new InvalidOperationException("The database of ranks is away."); }
        user.Add("rank", $"{++_asked} of {user.Subject}{(user.IsRenewal ? ", renewed" : "")}");
        return Task.CompletedTask;
    }
}
