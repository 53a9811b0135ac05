using System.Net.NetworkInformation;

namespace DevStack.Launcher;

/// <summary>What must be so before anything is started.</summary>
internal static class Preflight
{
    /// <param name="members">Who is started.</param>
    /// <param name="own">The ports that this process needs itself.</param>
    public static IEnumerable<string> Problems(IReadOnlyList<Member> members, IEnumerable<int> own)
    {
        var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(listener => listener.Port).ToHashSet();
        foreach (var port in own.Where(taken.Contains))
        {
            yield return $"Port {port} is already in use, and the load balancer needs it.";
        }

        foreach (var member in members)
        {
            if (!File.Exists(member.Program))
            {
                yield return $"{member.Name} is not built: {member.Program} is missing.";
            }

            foreach (var port in member.Ports.Where(taken.Contains))
            {
                yield return $"Port {port} is already in use, and {member.Name} needs it.";
            }
        }
    }
}
