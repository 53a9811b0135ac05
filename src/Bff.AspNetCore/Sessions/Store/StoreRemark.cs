namespace Bff.Sessions.Store;

/// <summary>What operators should know of a store that works.</summary>
/// <param name="Found">What it is like.</param>
/// <param name="Advice">What to do.</param>
internal sealed record StoreRemark(string Found, string Advice);
