using System.Net.NetworkInformation;

namespace DevStack.Launcher;

/// <summary>What must be so before anything is started.</summary>
internal static class Preflight
{
    public static IEnumerable<string> Problems(IReadOnlyList<Member> members)
    {
        var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(listener => listener.Port).ToHashSet();
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
