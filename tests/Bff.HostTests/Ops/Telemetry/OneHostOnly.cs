namespace Bff.HostTests.Ops.Telemetry;

/// <summary>
/// OpenTelemetry listens to every meter and activity of the process, whichever host it belongs to, so these tests must have the process to themselves.
/// </summary>
[CollectionDefinition(nameof(OneHostOnly), DisableParallelization = true)]
public sealed class OneHostOnly;
