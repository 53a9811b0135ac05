namespace Bff.Benchmarks.Measuring;

/// <param name="Sessions">In the store.</param>
/// <param name="DuePerMinute">How many of them fall due in a minute.</param>
/// <param name="Minutes">How many minutes.</param>
internal sealed record MillionOptions(int Sessions, int DuePerMinute, int Minutes);
