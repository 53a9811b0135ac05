namespace Bff.Providers;

/// <summary>Whether authorization requests are pushed (RFC 9126).</summary>
internal enum PushedAuthorizationUse
{
    /// <summary>Where the provider offers it; without it where the provider does not let this client.</summary>
    Auto,

    /// <summary>Each, or none is made.</summary>
    Always,

    /// <summary>None.</summary>
    Never,
}
