namespace Bff.Guard;

/// <summary>Endpoint metadata: a body that is too large has a response of its own here. It is cut off all the same.</summary>
internal sealed class RefusesLargeBodies;
