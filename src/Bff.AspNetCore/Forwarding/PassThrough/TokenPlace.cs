namespace Bff.Forwarding.PassThrough;

/// <summary>What says which provider a caller's token may be of.</summary>
/// <param name="Name">The one provider of a route; or the front end, which has several.</param>
/// <param name="IsProvider">Which of the two it is.</param>
internal readonly record struct TokenPlace(string Name, bool IsProvider);
