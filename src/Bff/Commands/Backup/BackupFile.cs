using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;

namespace Bff.Commands.Backup;

/// <summary>A backup: a zip archive of <c>manifest.json</c>, <c>bff.db</c> and <c>keys/*.xml</c>, encrypted as a whole when a passphrase is given.</summary>
internal static class BackupFile
{
    public const string Store = "bff.db";

    public const string Keys = "keys/";

    /// <param name="target">Where it is written to.</param>
    /// <param name="folder">A private folder for what is in between.</param>
    /// <param name="entries">Entry and file.</param>
    /// <param name="manifest">Without the files.</param>
    /// <param name="passphrase">Null for none.</param>
    public static void Write(Stream target, string folder, IReadOnlyList<(string Entry, string File)> entries, BackupManifest manifest, string? passphrase)
    {
        if (passphrase is null)
        {
            WriteArchive(target, entries, manifest);
            return;
        }

        using var archive = new FileStream(Path.Combine(folder, "archive"), FileMode.CreateNew, FileAccess.ReadWrite);
        WriteArchive(archive, entries, manifest);
        archive.Position = 0;
        BackupCipher.Encrypt(archive, target, passphrase);
    }

    /// <summary>Unpacks a backup into a private folder, and checks every byte of it.</summary>
    /// <exception cref="InvalidDataException">It is none, or not whole, or the passphrase is wrong or missing.</exception>
    public static BackupManifest Read(Stream source, string folder, string? passphrase)
    {
        var start = new byte[16];
        source.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        source.Position = 0;
        if (!BackupCipher.IsEncrypted(start))
        {
            if (!start.AsSpan().StartsWith("PK\u0003\u0004"u8)) { throw new InvalidDataException("it is not a file that 'bff backup' made"); }
            if (passphrase is not null)
            {
                throw new InvalidDataException(
                    "it is not encrypted, although a passphrase was given. Is it yours? To restore it anyway, leave out --passphrase-file");
            }
            return ReadArchive(source, folder);
        }

        if (passphrase is null) { throw new InvalidDataException("it is encrypted: pass --passphrase-file"); }
        using var archive = new FileStream(Path.Combine(folder, "archive"), FileMode.CreateNew, FileAccess.ReadWrite);
        BackupCipher.Decrypt(source, archive, passphrase);
        archive.Position = 0;
        return ReadArchive(archive, folder);
    }

    private static void WriteArchive(Stream target, IReadOnlyList<(string Entry, string File)> entries, BackupManifest manifest)
    {
        using var archive = new ZipArchive(target, ZipArchiveMode.Create, leaveOpen: true);
        var files = entries.ToDictionary(entry => entry.Entry, entry => Hash(entry.File));
        using (var first = archive.CreateEntry(BackupManifest.Entry).Open())
        {
            JsonSerializer.Serialize(first, manifest with { Files = files }, JsonSerializerOptions.Web);
        }
        foreach (var (entry, file) in entries) { archive.CreateEntryFromFile(file, entry, CompressionLevel.Fastest); }
    }

    private static BackupManifest ReadArchive(Stream source, string folder)
    {
        using var archive = new ZipArchive(source, ZipArchiveMode.Read, leaveOpen: true);   // throws InvalidDataException when its end is missing
        var manifest = ReadManifest(archive);
        if (manifest.Format != BackupManifest.CurrentFormat)
        {
            throw new InvalidDataException($"it has format {manifest.Format}, and this version of Bff knows {BackupManifest.CurrentFormat}");
        }
        if (!manifest.Files.ContainsKey(Store)) { throw new InvalidDataException("it is not a file that 'bff backup' made: there is no store in it"); }
        Directory.CreateDirectory(Path.Combine(folder, Keys));
        foreach (var (name, hash) in manifest.Files)
        {
            var isKey = name.StartsWith(Keys, StringComparison.Ordinal) && Path.GetFileName(name) == name[Keys.Length..]
                && name.EndsWith(".xml", StringComparison.Ordinal);
            if (name != Store && !isKey) { throw new InvalidDataException("it contains something that is not part of a backup"); }
            var entry = archive.GetEntry(name) ?? throw new InvalidDataException($"{name} is missing from it");
            var file = Path.Combine(folder, name);
            entry.ExtractToFile(file);
            if (Hash(file) != hash) { throw new InvalidDataException($"{name} is damaged in it"); }
        }

        return manifest;
    }

    private static BackupManifest ReadManifest(ZipArchive archive)
    {
        try
        {
            using var entry = archive.GetEntry(BackupManifest.Entry)?.Open();
            return entry is not null && JsonSerializer.Deserialize<BackupManifest>(entry, JsonSerializerOptions.Web) is { Files: not null } manifest
                ? manifest : throw new InvalidDataException("it is not a file that 'bff backup' made");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException("its list of contents is damaged", error);
        }
    }

    private static string Hash(string file)
    {
        using var content = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(content));
    }
}
