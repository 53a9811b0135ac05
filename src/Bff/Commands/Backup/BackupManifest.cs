namespace Bff.Commands.Backup;

/// <summary>The first entry of a backup: what it is, and what else has to be in it.</summary>
/// <param name="Format">1. A version of Bff that does not know it refuses the file.</param>
/// <param name="MadeAt">When the copy was made.</param>
/// <param name="MadeBy">The version of Bff.</param>
/// <param name="Schema">The store's schema.</param>
/// <param name="Sessions">How many sessions are in it.</param>
/// <param name="Files">Each other entry, with its SHA-256 in hexadecimal digits.</param>
internal sealed record BackupManifest(int Format, DateTimeOffset MadeAt, string MadeBy, long Schema, long Sessions, IReadOnlyDictionary<string, string> Files)
{
    public const int CurrentFormat = 1;

    public const string Entry = "manifest.json";
}
