namespace Bff.Providers.Throttling;

/// <summary>
/// The call was not made: too many wait already, or the provider is left alone after failures. An <see cref="HttpRequestException"/> to whoever does not care.
/// </summary>
internal sealed class ProviderBusyException(TimeSpan retryAfter, bool isOutage)
    : HttpRequestException(isOutage ? "The provider is left alone after failures." : "Too many calls to the provider wait already.")
{
    public TimeSpan RetryAfter => retryAfter;

    /// <summary>The circuit breaker is open.</summary>
    public bool IsOutage => isOutage;
}
