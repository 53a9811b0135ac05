using System.Globalization;
using Bff.Sessions.Store.Sqlite;

namespace Bff.Commands.Backup;

/// <summary>The files of the Data Protection keys beside a store and in a backup.</summary>
internal static class StoredKeys
{
    /// <returns>A sentence about the sessions of a copy that no key of the folder can open; null when there are none.</returns>
    public static string? Missing(string copy, string folder)
    {
        var missing = SqliteCopy.SealedWith(copy).Where(key => !File.Exists(Path.Combine(folder, $"key-{key.Key}.xml"))).ToList();
        return missing.Count == 0 ? null : string.Create(
            CultureInfo.InvariantCulture,
            $"Warning: {missing.Sum(key => key.Value)} sessions cannot be opened, because the keys that sealed them are missing "
            + $"({string.Join(", ", missing.Select(key => key.Key))}).");
    }

    /// <summary>Copies the files that are missing in the other folder.</summary>
    public static void CopyMissing(string from, string to)
    {
        foreach (var key in In(from).Where(key => !File.Exists(Path.Combine(to, Path.GetFileName(key))))) { Copy(key, to); }
    }

    /// <summary>
    /// Copies the files that are missing in the other folder, or say something else there: a key never changes, so that one is damaged, or another's. It is
    /// kept under a name that nobody reads as a key.
    /// </summary>
    /// <returns>The names of what was replaced.</returns>
    public static IReadOnlyList<string> Install(string from, string to, string aside)
    {
        CopyMissing(from, to);
        var replaced = In(from).Where(
            key => !File.ReadAllBytes(key).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(to, Path.GetFileName(key))))).ToList();
        foreach (var key in replaced)
        {
            var there = Path.Combine(to, Path.GetFileName(key));
            File.Copy(there, there + aside);
            Copy(key, to);
        }

        return [.. replaced.Select(key => Path.GetFileName(key))];
    }

    private static string[] In(string folder) => Directory.GetFiles(folder, "*.xml");

    private static void Copy(string key, string to)
    {
        var temporary = Path.Combine(to, Path.GetFileName(key) + ".tmp");
        File.Copy(key, temporary, overwrite: true);
        File.Move(temporary, Path.Combine(to, Path.GetFileName(key)), overwrite: true);
    }
}
