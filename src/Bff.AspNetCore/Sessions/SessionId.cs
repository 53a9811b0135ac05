namespace Bff.Sessions;

/// <summary>
/// The store's name for a session: the SHA-256 of the key in the cookie. Prints a short handle that is safe in a log, and by which people who operate Bff name
/// it.
/// </summary>
internal readonly record struct SessionId(string Value)
{
    /// <summary>96 of 256 bits: no two sessions share a handle.</summary>
    public const int HandleLength = 16;

    /// <summary>Whether it can be one; what is none need not be looked for, or cannot be stored.</summary>
    public static bool IsHandle(string text) => text.Length == HandleLength && text.All(char.IsAscii) && !text.Any(char.IsControl);

    public override string ToString() => Value[..Math.Min(HandleLength, Value.Length)];
}
