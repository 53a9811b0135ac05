namespace Bff.FrontEnds;

/// <summary>Endpoint metadata: users of this provider are wanted here, and nobody else has a token that is of use.</summary>
internal sealed record WantedProvider(string Name);
