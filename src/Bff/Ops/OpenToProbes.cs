namespace Bff.Ops;

/// <summary>Endpoint metadata: open to anybody who reaches the ops port.</summary>
internal sealed class OpenToProbes;
