using System.Globalization;

namespace Bff.BrowserTests.World;

/// <summary>What the kernel holds for a process that does not read.</summary>
internal static class Sockets
{
    private const string Established = "01";

    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <summary>Whether something has been sent to a server on this port that it has not read yet.</summary>
    public static bool HaveUnread(int port)
    {
        var local = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        return Tables.SelectMany(File.ReadLines)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)) // number, local, remote, state, sent:unread …
            .Where(socket => socket[1].EndsWith(local, StringComparison.Ordinal) && socket[3] == Established)
            .Any(socket => !socket[4].EndsWith(":00000000", StringComparison.Ordinal));
    }
}
