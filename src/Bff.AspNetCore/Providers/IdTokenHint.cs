namespace Bff.Providers;

/// <summary>Whether the provider gets the ID token at sign-out.</summary>
internal enum IdTokenHint
{
    Never,

    /// <summary>Unless the address would be too long with it.</summary>
    Fit,

    Always,
}
