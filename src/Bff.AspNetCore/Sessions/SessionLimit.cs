namespace Bff.Sessions;

/// <summary>How many sessions a user may have at one provider, at all front ends together.</summary>
/// <param name="Max">At least one.</param>
/// <param name="WhenTooMany">What happens to the one too many.</param>
internal sealed record SessionLimit(int Max, TooManySessions WhenTooMany)
{
    /// <summary>Sessions that one sign-in ends when a lower limit finds many; the next ones end the rest.</summary>
    public const int MaxEndedByOne = 100;
}
