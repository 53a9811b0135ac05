namespace Bff.ClusterTests.Running;

/// <summary>Whoever measures, or has a machine's work done by three nodes, has it alone.</summary>
[CollectionDefinition(nameof(OneClusterOnly), DisableParallelization = true)]
public sealed class OneClusterOnly;
