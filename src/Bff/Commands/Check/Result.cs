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
