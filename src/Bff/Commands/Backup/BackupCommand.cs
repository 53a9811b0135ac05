using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Sqlite;

namespace Bff.Commands.Backup;

/// <summary><c>bff backup</c>: store and keys in one file, while Bff runs.</summary>
internal static class BackupCommand
{
    public const string StandardStream = "-";

    public static async Task<int> RunAsync(WebApplicationBuilder builder, string file, string? passphraseFile, bool force)
    {
        if (file == StandardStream && !Console.IsOutputRedirected)
        {
            return await Workspace.FailAsync("A backup is binary and is not written to a terminal: redirect it, as in 'bff backup - > FILE'.");
        }
        await using var app = await Workspace.OpenAsync(builder);
        var storage = app.Services.GetRequiredService<SessionStorage>();
        if (storage.Tools is { } tools) { return await Workspace.RefuseServerAsync(tools.Server, tools.Backup); }
        var store = storage.Files!;
        if (!File.Exists(store.Database))
        {
            return await Workspace.FailAsync(
                $"There is no store at '{store.Database}' (Bff:Sessions:ConnectionString). Is this the machine Bff runs on, and are these its settings?");
        }
        if (file != StandardStream && File.Exists(file) && !force)
        {
            return await Workspace.FailAsync($"'{Printable.Text(file)}' already exists. Choose another name, or pass --force to replace it.");
        }
        try
        {
            var started = Stopwatch.GetTimestamp();
            var passphrase = Passphrase.Read(passphraseFile);
            using var folder = new Workspace(store, "backup");
            var (manifest, size, missing) = Make(store, folder, file, passphrase, force, app.Services.GetRequiredService<TimeProvider>());
            app.Services.GetRequiredService<Audit>().BackupMade(manifest.Sessions, passphrase is not null, Audit.Account);
            await Console.Error.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"Backed up {manifest.Sessions} sessions and their keys: {size:N0} bytes, schema {manifest.Schema}, "
                + $"{Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s."));
            if (missing is not null) { await Console.Error.WriteLineAsync($"{missing} Their users must sign in again."); }
            if (passphrase is null) { await Console.Error.WriteLineAsync("It is not encrypted: guard it like the tokens in it, or pass --passphrase-file."); }
            return ExitCodes.Ok;
        }
        catch (Exception error) when (error is InvalidDataException || storage.FailureOf(error) is not null)
        {
            return await Workspace.FailAsync($"No backup was made: {Printable.Text(error.Message.TrimEnd('.'))}.");
        }
    }

    private static (BackupManifest Manifest, long Size, string? Missing) Make(
        StoreFiles store, Workspace folder, string file, string? passphrase, bool force, TimeProvider clock)
    {
        var copy = folder.PathOf(BackupFile.Store);
        var now = clock.GetUtcNow();
        SqliteCopy.Make(store.Database, copy);
        var info = SqliteCopy.Inspect(copy);

        // After the store: a key is stored before anything is sealed with it, so what the copy needs is there.
        var keys = Directory.Exists(store.Keys) ? Directory.GetFiles(store.Keys, "*.xml") : [];
        var missing = StoredKeys.Missing(copy, store.Keys);
        List<(string Entry, string File)> entries = [(BackupFile.Store, copy), .. keys.Select(key => (BackupFile.Keys + Path.GetFileName(key), key))];
        var version = typeof(BackupCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        var manifest = new BackupManifest(BackupManifest.CurrentFormat, now, version, info.Schema.Version, info.Sessions, new Dictionary<string, string>());
        var temporary = file == StandardStream ? folder.PathOf("backup") : $"{Path.GetFullPath(file)}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var target = Workspace.CreatePrivate(temporary))
            {
                BackupFile.Write(target, folder.FullName, entries, manifest, passphrase);
                target.Flush(flushToDisk: true);
            }

            var size = new FileInfo(temporary).Length;
            if (file != StandardStream)
            {
                File.Move(temporary, file, overwrite: force);
                return (manifest, size, missing);
            }

            using var result = File.OpenRead(temporary);
            using var output = Console.OpenStandardOutput();
            result.CopyTo(output);
            return (manifest, size, missing);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
