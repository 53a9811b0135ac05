namespace Bff.Providers;

/// <summary>The provider cannot be used now; nobody's session is affected.</summary>
internal sealed class ProviderUnavailableException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The metadata came, and says something we cannot accept.</summary>
    public bool WasRead => InnerException is null;

    /// <summary>What the operator can do about it, where something is known to help.</summary>
    public string? Cure { get; init; }
}
