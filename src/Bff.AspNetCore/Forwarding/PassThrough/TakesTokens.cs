namespace Bff.Forwarding.PassThrough;

/// <summary>Endpoint metadata: callers may bring an access token of their own.</summary>
/// <param name="Audience">For whom it must be; null for one of <see cref="PassThroughOptions.Audiences"/>.</param>
/// <param name="IsOnlyWay">Nobody else comes here: no session is looked for.</param>
internal sealed record TakesTokens(string? Audience, bool IsOnlyWay);
