using System.Globalization;

namespace Bff.ClusterTests.Running;

/// <summary>How long the tests of a running cluster take when somebody has the time (CONTRIBUTING.md).</summary>
internal static class ByHand
{
    /// <summary><c>BFF_CLUSTER_MINUTES</c>: of nodes that come and go; null for once.</summary>
    public static TimeSpan? Time => Number("BFF_CLUSTER_MINUTES") is { } minutes ? TimeSpan.FromMinutes(minutes) : null;

    /// <summary><c>BFF_CLUSTER_ROUNDS</c>: how often a node is killed, or a user signs out; null for a few times.</summary>
    public static int? Rounds => Number("BFF_CLUSTER_ROUNDS");

    public static bool IsWanted => Time is not null || Rounds is not null;

    private static int? Number(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
