namespace Bff.Sessions;

/// <summary>How many sessions a user may have at one provider, at all front ends together.</summary>
/// <param name="Max">At least one.</param>
/// <param name="WhenTooMany">What happens to the one too many.</param>
internal sealed record SessionLimit(int Max, TooManySessions WhenTooMany);
