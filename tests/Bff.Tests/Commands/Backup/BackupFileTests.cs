using System.IO.Compression;
using System.Security.Cryptography;
using Bff.Commands.Backup;
using Bff.Sessions.Store.Sql;

namespace Bff.Tests.Commands.Backup;

/// <summary>A backup is whole, or it is refused.</summary>
public sealed class BackupFileTests : IDisposable
{
    private const string Passphrase = "correct horse battery staple";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("bff-backup-");
    private readonly byte[] _store = RandomNumberGenerator.GetBytes(200_000);   // several chunks
    private readonly byte[] _key = "<key/>"u8.ToArray();

    [Theory]
    [InlineData(null)]
    [InlineData(Passphrase)]
    public void What_was_written_comes_back(string? passphrase)
    {
        var manifest = Read(Write(passphrase), passphrase, out var folder);
        (manifest.Sessions, manifest.Schema).ShouldBe((7, 3));
        File.ReadAllBytes(Path.Combine(folder, "bff.db")).ShouldBe(_store);
        File.ReadAllBytes(Path.Combine(folder, "keys", "key-1.xml")).ShouldBe(_key);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64 * 1024)]
    [InlineData((64 * 1024) + 1)]
    [InlineData(128 * 1024)]
    public void Content_of_any_length_comes_back_through_the_cipher(int length)
    {
        var content = RandomNumberGenerator.GetBytes(length);
        using var plain = new MemoryStream();
        BackupCipher.Decrypt(new MemoryStream(Encrypt(content, Passphrase)), plain, Passphrase);
        plain.ToArray().ShouldBe(content);
    }

    [Fact]
    public void Without_the_passphrase_nothing_of_it_can_be_read()
    {
        var backup = Write(Passphrase);
        backup.AsSpan().IndexOf(_key).ShouldBe(-1);
        backup.AsSpan().IndexOf("manifest"u8).ShouldBe(-1);
        Write(Passphrase).AsSpan(10, 100).SequenceEqual(backup.AsSpan(10, 100)).ShouldBeFalse("each has a salt of its own");
        Refusal(backup, null).ShouldContain("it is encrypted");
        Refusal(backup, "correct horse battery stapler").ShouldContain("the passphrase is wrong");
        Refusal(Write(passphrase: null), Passphrase).ShouldContain("it is not encrypted");
    }

    [Theory]
    [InlineData(null)]
    [InlineData(Passphrase)]
    public void A_changed_byte_or_a_missing_end_is_found_wherever_it_is(string? passphrase)
    {
        var backup = Write(passphrase);
        foreach (var at in new[] { 9, 12, 20, 40, 60, 70_000, 131_200, backup.Length - 30, backup.Length - 1 })
        {
            var changed = backup.ToArray();
            changed[at] ^= 1;
            if (passphrase is not null) { Refusal(changed, passphrase).ShouldNotBeNullOrEmpty(); }
            // no byte of a zip's head is worth a refusal by itself; what is unpacked is as it was, or refused
            else { Should.NotThrow(() => TryRead(changed)); }
        }

        foreach (var length in new[] { 0, 8, 30, 50, 46 + 65_552, 131_150, backup.Length - 1 })
        {
            Refusal(backup[..length], passphrase).ShouldNotBeNullOrEmpty();
        }
    }

    [Fact]
    public void What_is_no_backup_is_said_to_be_none()
    {
        Refusal("SQLite format 3\0 and so on, and so on"u8.ToArray(), null).ShouldContain("not a file that 'bff backup' made");
        using var other = new MemoryStream();
        using (var archive = new ZipArchive(other, ZipArchiveMode.Create, leaveOpen: true)) { archive.CreateEntry("readme"); }
        Refusal(other.ToArray(), null).ShouldContain("not a file that 'bff backup' made");
    }

    [Theory]
    [InlineData("../evil.xml")]
    [InlineData("keys/../../evil.xml")]
    [InlineData("keys/evil")]
    public void Nothing_is_unpacked_elsewhere(string entry)
    {
        var backup = Write(null, entry);
        Refusal(backup, null).ShouldContain("not part of a backup");
    }

    [Fact]
    public void A_format_of_a_later_version_is_refused()
    {
        Refusal(Write(null, format: 2), null).ShouldContain("format 2");
        var encrypted = Write(Passphrase);
        encrypted[9] = 2;
        Refusal(encrypted, Passphrase).ShouldContain("another version");
    }

    private byte[] Write(string? passphrase, string key = "keys/key-1.xml", int format = BackupManifest.CurrentFormat)
    {
        var folder = _folder.CreateSubdirectory(Guid.NewGuid().ToString("N")).FullName;
        var (store, keyFile) = (Path.Combine(folder, "store"), Path.Combine(folder, "key"));
        File.WriteAllBytes(store, _store);
        File.WriteAllBytes(keyFile, _key);
        using var target = new MemoryStream();
        var manifest = new BackupManifest(format, DateTimeOffset.UnixEpoch, "1.0", 3, 7, new Dictionary<string, string>());
        BackupFile.Write(target, folder, [("bff.db", store), (key, keyFile)], manifest, passphrase: null);
        return passphrase is null ? target.ToArray() : Encrypt(target.ToArray(), passphrase);
    }

    /// <summary>As <see cref="BackupFile.Write"/> does, with a key that takes no time to derive.</summary>
    private static byte[] Encrypt(byte[] content, string passphrase)
    {
        using var encrypted = new MemoryStream();
        BackupCipher.Encrypt(new MemoryStream(content), encrypted, passphrase, iterations: 1000);
        return encrypted.ToArray();
    }

    private BackupManifest Read(byte[] backup, string? passphrase, out string folder)
    {
        folder = _folder.CreateSubdirectory(Guid.NewGuid().ToString("N")).FullName;
        return BackupFile.Read(new MemoryStream(backup), folder, passphrase);
    }

    private void TryRead(byte[] backup)
    {
        try
        {
            Read(backup, null, out var folder);
            File.ReadAllBytes(Path.Combine(folder, "bff.db")).ShouldBe(_store);
        }
        catch (InvalidDataException)
        {
            // Refused.
        }
    }

    private string Refusal(byte[] backup, string? passphrase) => Should.Throw<InvalidDataException>(() => Read(backup, passphrase, out _)).Message;

    public void Dispose() => _folder.Delete(recursive: true);
}
