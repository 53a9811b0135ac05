namespace Bff.Sessions;

/// <summary>Why a renewal failed, as one word in the store: the kind as a prefix, then the provider's or our own word. An outage has no prefix.</summary>
internal sealed record RenewalFailure(RenewalFailureKind Kind, string Word)
{
    private const string Client = "client:", User = "user:", Overdue = "overdue:";

    public bool NeedsSignIn => Kind is RenewalFailureKind.SignInNeeded or RenewalFailureKind.SignInOverdue;

    public static RenewalFailure Parse(string? stored) => stored switch
    {
        null => new(RenewalFailureKind.ProviderUnavailable, "unknown"),
        _ when stored.StartsWith(Client, StringComparison.Ordinal) => new(RenewalFailureKind.ClientRefused, stored[Client.Length..]),
        _ when stored.StartsWith(User, StringComparison.Ordinal) => new(RenewalFailureKind.SignInNeeded, stored[User.Length..]),
        _ when stored.StartsWith(Overdue, StringComparison.Ordinal) => new(RenewalFailureKind.SignInOverdue, stored[Overdue.Length..]),
        _ => new(RenewalFailureKind.ProviderUnavailable, stored),
    };

    public override string ToString() => Kind switch
    {
        RenewalFailureKind.ClientRefused => Client + Word,
        RenewalFailureKind.SignInNeeded => User + Word,
        RenewalFailureKind.SignInOverdue => Overdue + Word,
        _ => Word,
    };
}
