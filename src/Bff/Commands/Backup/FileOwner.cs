using System.Formats.Tar;

namespace Bff.Commands.Backup;

/// <summary>Whose a file or folder is.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Name">Its name on this machine; null for none.</param>
internal sealed record FileOwner(int Id, string? Name)
{
    private const int Root = 0;

    /// <returns>Null where files have no such owner.</returns>
    public static FileOwner? Of(string path)
    {
        if (OperatingSystem.IsWindows()) { return null; }

        // .NET gives the owner of a file nowhere else.
        using var archive = new MemoryStream();
        using (var writer = new TarWriter(archive, leaveOpen: true)) { writer.WriteEntry(path, "it"); }
        archive.Position = 0;
        using var reader = new TarReader(archive);
        var entry = (PosixTarEntry)reader.GetNextEntry()!;
        return new(entry.Uid, entry.UserName is { Length: > 0 } name ? name : null);
    }

    /// <summary>What root writes into such a place is root's alone, and whoever owns the place cannot read it.</summary>
    public bool IsLockedOut => Environment.IsPrivilegedProcess && Id != Root;

    public string RunAs(string command) => Name is null ? $"setpriv --reuid={Id} --regid={Id} --clear-groups {command}" : $"runuser -u {Name} -- {command}";

    public override string ToString() => Name ?? $"user {Id}";
}
