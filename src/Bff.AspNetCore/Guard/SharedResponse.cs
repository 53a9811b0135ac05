namespace Bff.Guard;

/// <summary>Endpoint metadata: the response is the same for everybody, and may be stored.</summary>
internal sealed class SharedResponse;
