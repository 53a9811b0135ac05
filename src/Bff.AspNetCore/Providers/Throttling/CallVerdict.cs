namespace Bff.Providers.Throttling;

/// <summary>How a call that was let in ended.</summary>
internal enum CallVerdict
{
    /// <summary>The provider answered, whatever it said.</summary>
    Answered,

    /// <summary>No usable answer.</summary>
    Failed,

    /// <summary>It was not made after all.</summary>
    NotMade,
}
