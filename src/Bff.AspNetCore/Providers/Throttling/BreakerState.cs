namespace Bff.Providers.Throttling;

internal enum BreakerState
{
    Closed = 0,
    HalfOpen = 1,
    Open = 2,
}
