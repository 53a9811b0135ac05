using System.Globalization;
using Bff.Sessions;
using Bff.Sessions.Stores;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Data.Sqlite;

namespace Bff.Commands.Backup;

/// <summary><c>bff restore</c>: checks a backup, then puts it in the place of the store, which is kept beside it.</summary>
internal static class RestoreCommand
{
    public static async Task<int> RunAsync(WebApplicationBuilder builder, string file, string? passphraseFile, bool keepRenewed)
    {
        await using var app = await Workspace.OpenAsync(builder);
        if (app.Services.GetRequiredService<SessionDatabase>() is not SqliteDatabase store) { return await Workspace.RefusePostgreSqlAsync("pg_restore --clean --if-exists --single-transaction --dbname=DATABASE FILE"); }
        if (file == BackupCommand.StandardStream && passphraseFile == "-") { return await FailAsync("Standard input cannot be the backup and its passphrase."); }
        try
        {
            SqliteDatabase.PrivateFolder(Path.GetDirectoryName(store.StoreFile)!);
            using var alone = SqliteLock.TryHoldAlone(store.StoreFile);
            if (alone is null) { return await InUseAsync(store); }
            using var folder = new Workspace(store, "restore");
            var manifest = Unpack(file, folder, Passphrase.Read(passphraseFile));
            var copy = folder.PathOf(BackupFile.Store);
            SessionSchema.EnsureUsable(SqliteCopy.Inspect(copy).Schema);
            EnsureKeysOpen(app.Services, store, folder);
            if (!SqliteCopy.TryRetire(store.StoreFile, out var isReadable)) { return await InUseAsync(store); }

            var now = app.Services.GetRequiredService<TimeProvider>().GetUtcNow();
            var sessions = keepRenewed ? new RestoredSessions(manifest.Sessions, Ended: 0, IsExact: false) : SqliteCopy.EndRenewed(copy, isReadable ? store.StoreFile : null, now);
            SqliteCopy.BeginLineage(copy);
            var aside = $"{store.StoreFile}.before-restore-{now.UtcDateTime.ToString("yyyyMMdd'T'HHmmssfff'Z'", CultureInfo.InvariantCulture)}";
            var replaces = File.Exists(store.StoreFile);
            AddKeys(store, folder);
            SqliteCopy.Replace(copy, store.StoreFile, aside);
            app.Services.GetRequiredService<Audit>().StoreRestored(manifest.MadeAt, sessions.Kept, sessions.Ended, Workspace.Account);
            Report(manifest, sessions, keepRenewed, replaces ? aside : null);
            return ExitCodes.Ok;
        }
        catch (IOException error) when (error.Message.StartsWith("Bff:", StringComparison.Ordinal))
        {
            await FailAsync($"Nothing was restored. {Printable.Text(error.Message, 1000)}");
            return ExitCodes.Configuration;
        }
        catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException or SqliteException)
        {
            return await FailAsync($"Nothing was restored from '{Printable.Text(file)}': {Printable.Text(error.Message.TrimEnd('.'), 1000)}.");
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

    /// <summary>With the keys that are here already, among them what says that one of the backup was revoked since.</summary>
    private static void EnsureKeysOpen(IServiceProvider services, SqliteDatabase store, Workspace folder)
    {
        var keys = folder.PathOf(BackupFile.Keys);
        if (Directory.Exists(store.KeysFolder)) { CopyMissing(store.KeysFolder, keys); }
        var all = new FileSystemXmlRepository(new DirectoryInfo(keys), services.GetRequiredService<ILoggerFactory>());
        KeyCertificates.EnsureKeysOpen(KeyCertificates.CreateKeyManager(services, all), services.GetRequiredService<TimeProvider>().GetUtcNow());
    }

    /// <summary>Keys are only ever added, so both sets together open all that either opened; and what was revoked stays so.</summary>
    private static void AddKeys(SqliteDatabase store, Workspace folder)
    {
        SqliteDatabase.PrivateFolder(store.KeysFolder);
        CopyMissing(folder.PathOf(BackupFile.Keys), store.KeysFolder);
    }

    private static void CopyMissing(string from, string to)
    {
        foreach (var key in Directory.GetFiles(from, "*.xml").Where(key => !File.Exists(Path.Combine(to, Path.GetFileName(key)))))
        {
            var temporary = Path.Combine(to, Path.GetFileName(key) + ".tmp");
            File.Copy(key, temporary, overwrite: true);
            File.Move(temporary, Path.Combine(to, Path.GetFileName(key)));
        }
    }

    private static void Report(BackupManifest manifest, RestoredSessions sessions, bool keepRenewed, string? aside)
    {
        Console.WriteLine($"Restored the store of {manifest.MadeAt:u}: {sessions.Kept} of {manifest.Sessions} sessions go on.");
        if (keepRenewed)
        {
            Console.WriteLine("None was left out: where a refresh token was used since, the provider will refuse it, and may take it for theft and end the user's other sessions.");
        }
        else if (sessions.IsExact)
        {
            Console.WriteLine($"{sessions.Ended} were renewed or ended since, says the store that was here. They are left out, so that no used refresh token is sent: their users sign in again.");
        }
        else
        {
            Console.WriteLine(
                $"{sessions.Ended} were due for renewal since, so their refresh tokens may be used up (the store that was here could not tell). They are left out: their users sign in again.");
            Console.WriteLine("A session that ended since, by a sign-out say, is there again. To end it: bff sessions end.");
        }

        if (aside is not null) { Console.WriteLine($"The store that was here is kept as '{Path.GetFileName(aside)}'. Its keys are still among the keys. Delete it when all is well."); }
        Console.WriteLine("Start Bff now.");
    }

    private static Task<int> InUseAsync(SqliteDatabase store) => FailAsync(
        $"Nothing was restored: something uses the store '{store.StoreFile}'. Stop Bff first (docker compose stop bff; systemctl stop bff), and what else has the file open.");

    private static async Task<int> FailAsync(string why)
    {
        await Console.Error.WriteLineAsync(why);
        return ExitCodes.NotDone;
    }
}
