namespace Bff.Commands.Check;

internal enum Result
{
    Ok,

    /// <summary>It works, but somebody should look.</summary>
    Warning,

    /// <summary>Something here has to be corrected.</summary>
    Mistake,

    /// <summary>Something elsewhere does not answer.</summary>
    Unreachable,
}

/// <summary>One row of the table.</summary>
/// <param name="Check">What was looked at.</param>
/// <param name="Result">How it went.</param>
/// <param name="Found">What was seen, beginning with the configuration key when something is wrong.</param>
/// <param name="Cure">What to do about it.</param>
internal sealed record Finding(string Check, Result Result, string Found = "", string? Cure = null);
