namespace Bff.Commands.Check;

internal enum Result
{
    Ok,

    /// <summary>It works, but somebody should check it.</summary>
    Warning,

    /// <summary>Something here has to be corrected.</summary>
    Mistake,

    /// <summary>Something elsewhere does not respond.</summary>
    Unreachable,
}
