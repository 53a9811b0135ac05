namespace Bff.Providers;

/// <summary>Who can use an access token.</summary>
internal enum TokenType
{
    /// <summary>Whoever has it (RFC 6750).</summary>
    Bearer,

    /// <summary>Who has its session's key, too (RFC 9449).</summary>
    DPoP,
}
