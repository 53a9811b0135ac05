namespace Bff.Policies;

/// <summary>How many values of a list a caller must have.</summary>
internal enum PolicyMatch
{
    /// <summary>At least one of them.</summary>
    Any,

    /// <summary>Each of them.</summary>
    All,
}
