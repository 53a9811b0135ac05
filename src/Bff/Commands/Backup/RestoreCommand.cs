using System.Globalization;
using Bff.Sessions.Keys;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Sql;
using Bff.Sessions.Store.Sqlite;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Bff.Commands.Backup;

/// <summary><c>bff restore</c>: checks a backup, then puts it in the place of the store, which is kept beside it.</summary>
internal static class RestoreCommand
{
    public static async Task<int> RunAsync(WebApplicationBuilder builder, string file, string? passphraseFile, bool keepRenewed)
    {
        await using var app = await Workspace.OpenAsync(builder);
        var storage = app.Services.GetRequiredService<SessionStorage>();
        if (storage.Tools is { } tools) { return await Workspace.RefuseServerAsync(tools.Server, tools.Restore); }
        var store = storage.Files!;
        if (file == BackupCommand.StandardStream && passphraseFile == "-")
        {
            return await Workspace.FailAsync("Standard input cannot be both the backup and its passphrase.");
        }
        try
        {
            var storeFolder = SqliteDatabase.PrivateFolder(Path.GetDirectoryName(store.Database)!).FullName;
            if (FileOwner.Of(storeFolder) is { IsLockedOut: true } owner) { return await RefuseRootAsync(storeFolder, owner); }
            using var alone = SqliteLock.TryHoldAlone(store.Database);
            if (alone is null) { return await InUseAsync(store); }
            using var folder = new Workspace(store, "restore");
            var manifest = Unpack(file, folder, Passphrase.Read(passphraseFile));
            var copy = folder.PathOf(BackupFile.Store);
            SessionSchema.EnsureUsable(SqliteCopy.Inspect(copy).Schema);
            EnsureKeysOpen(app.Services, store, folder);
            var missing = StoredKeys.Missing(copy, folder.PathOf(BackupFile.Keys));   // those of the backup and those that are here
            var lastWritten = SqliteCopy.LastWritten(store.Database);
            if (!SqliteCopy.TryRetire(store.Database, out var isReadable)) { return await InUseAsync(store); }

            var now = app.Services.GetRequiredService<TimeProvider>().GetUtcNow();

            // One that is older than the backup saw nothing of what happened since.
            var witness = isReadable && lastWritten >= manifest.MadeAt ? store.Database : null;
            var sessions = keepRenewed ? new RestoredSessions(manifest.Sessions, Ended: 0, IsExact: false) : SqliteCopy.EndRenewed(copy, witness, now);
            SqliteCopy.BeginLineage(copy);
            var suffix = $".before-restore-{now.UtcDateTime.ToString("yyyyMMdd'T'HHmmssfff'Z'", CultureInfo.InvariantCulture)}";
            var replaces = File.Exists(store.Database);
            var aside = store.Database + suffix;
            SqliteDatabase.PrivateFolder(store.Keys);
            var replacedKeys = StoredKeys.Install(folder.PathOf(BackupFile.Keys), store.Keys, suffix);
            SqliteCopy.Replace(copy, store.Database, aside);
            app.Services.GetRequiredService<Audit>().StoreRestored(manifest.MadeAt, sessions.Kept, sessions.Ended, Audit.Account);
            Report(manifest, sessions, keepRenewed, replaces ? aside : null);
            if (replacedKeys.Count > 0)
            {
                Console.WriteLine($"Keys that differed from the backup's were replaced and are kept as '….xml{suffix}': {string.Join(", ", replacedKeys)}.");
            }

            if (missing is not null)
            {
                await Console.Error.WriteLineAsync($"{missing} Their users must sign in again, unless you put the keys into '{store.Keys}'.");
            }

            return ExitCodes.Ok;
        }
        catch (IOException error) when (error.Message.StartsWith("Bff:", StringComparison.Ordinal))
        {
            await Workspace.FailAsync($"Nothing was restored. {Printable.Text(error.Message, 1000)}");
            return ExitCodes.Configuration;
        }
        catch (Exception error) when (error is InvalidDataException || storage.FailureOf(error) is not null)
        {
            return await Workspace.FailAsync($"Nothing was restored from '{Printable.Text(file)}': {Printable.Text(error.Message.TrimEnd('.'), 1000)}.");
        }
    }

    private static BackupManifest Unpack(string file, Workspace folder, string? passphrase)
    {
        if (file != BackupCommand.StandardStream)
        {
            using var given = File.OpenRead(file);
            return BackupFile.Read(given, folder.FullName, passphrase);
        }

        using var input = Console.OpenStandardInput();
        using var received = Workspace.CreatePrivate(folder.PathOf("backup"));
        input.CopyTo(received);
        received.Position = 0;
        return BackupFile.Read(received, folder.FullName, passphrase);
    }

    /// <summary>
    /// The set that will be there: the backup's, and of those that are here what it has not, among them what says that one was revoked since.
    /// </summary>
    private static void EnsureKeysOpen(IServiceProvider services, StoreFiles store, Workspace folder)
    {
        var keys = folder.PathOf(BackupFile.Keys);
        if (Directory.Exists(store.Keys)) { StoredKeys.CopyMissing(store.Keys, keys); }
        var all = new FileSystemXmlRepository(new DirectoryInfo(keys), services.GetRequiredService<ILoggerFactory>());
        KeyCertificates.EnsureKeysOpen(KeyCertificates.CreateKeyManager(services, all), services.GetRequiredService<TimeProvider>().GetUtcNow());
    }

    private static void Report(BackupManifest manifest, RestoredSessions sessions, bool keepRenewed, string? aside)
    {
        Console.WriteLine($"Restored the store of {manifest.MadeAt:u}: {sessions.Kept} of {manifest.Sessions} sessions continue.");
        if (keepRenewed)
        {
            Console.WriteLine(
                "None was left out. If a refresh token has been used since, the provider will refuse it, and may take it for theft and end the user's other "
                + "sessions.");
        }
        else if (sessions.IsExact)
        {
            Console.WriteLine(
                $"{sessions.Ended} were renewed or ended since, according to the previous store. They were left out, so that no used refresh token is sent: "
                + "their users must sign in again.");
        }
        else
        {
            Console.WriteLine(
                $"{sessions.Ended} were due for renewal since, so their refresh tokens may be used up (the previous store could not tell). They were "
                + "left out: their users must sign in again.");
        }

        if (keepRenewed || !sessions.IsExact)
        {
            Console.WriteLine("Sessions that ended since, such as by a sign-out, exist again. To end one: bff sessions end.");
        }

        if (aside is not null)
        {
            Console.WriteLine(
                $"The previous store is kept as '{Path.GetFileName(aside)}', and its keys are kept too. Delete it when all is well.");
        }
        Console.WriteLine("Start Bff now.");
    }

    private static Task<int> InUseAsync(StoreFiles store) => Workspace.FailAsync(
        $"Nothing was restored: the store '{store.Database}' is in use. Stop Bff first (docker compose stop bff; systemctl stop bff), and whatever else "
        + "has the file open.");

    private static Task<int> RefuseRootAsync(string folder, FileOwner owner) => Workspace.FailAsync(
        $"Nothing was restored: '{folder}' belongs to {owner}, who could not read what root writes there. "
        + $"Run it as that user, with Bff's settings:\n  {owner.RunAs("bff restore FILE --config …")}");
}
