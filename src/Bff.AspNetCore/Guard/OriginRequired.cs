namespace Bff.Guard;

/// <summary>
/// Endpoint metadata: a browser may come here by script of our own or an allowed origin; the header is not needed, since not every script can add one.
/// </summary>
internal sealed class OriginRequired;
