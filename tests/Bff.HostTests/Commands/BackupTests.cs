using System.Net;
using Microsoft.Data.Sqlite;

namespace Bff.HostTests.Commands;

/// <summary><c>bff backup</c> and <c>bff restore</c> as an operator calls them.</summary>
public sealed class BackupTests
{
    [Fact]
    public async Task The_second_of_two_backups_is_restored_and_only_who_was_renewed_or_ended_since_signs_in_again()
    {
        await using var world = await RealTimeWorld.StartAsync();
        var (first, second) = (Path.Combine(world.Folder, "first.bff"), Path.Combine(world.Folder, "second.bff"));
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();
        using var bob = await world.LogInAsync("bob");
        using var carol = await world.LogInAsync("carol");
        using var dave = await world.LogInAsync("dave");
        using var calm = new CancellationTokenSource();
        var traffic = CallAsync(carol, calm.Token);

        Succeeds(await world.RunAsync("backup", first), "Backed up 4 sessions");
        (await alice.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
        Succeeds(await world.RunAsync("backup", second), "Backed up 4 sessions");

        (await bob.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
        await dave.OpenAsync((await dave.GetAsync("/bff/session")).Text("logoutUrl")!);
        using var erin = await world.LogInAsync("erin");
        var (refused, why) = await world.RunAsync("restore", second);
        refused.ShouldBe(1, why);
        why.ShouldContain("Stop Bff first");
        (await erin.GetAsync("/api/echo")).Body.ShouldBe("erin", "nothing was changed");
        await calm.CancelAsync();
        (await traffic).ShouldAllBe(answer => answer == HttpStatusCode.OK);
        world.Bff.Terminate();
        await world.Bff.ExitCodeAsync();

        var (_, report) = Succeeds(await world.RunAsync("restore", second), "2 of 4 sessions continue", "2 were renewed or ended since", "store_restored");

        var aside = Directory.GetFiles(Path.Combine(world.Folder, "data"), "bff.db.before-restore-*").ShouldHaveSingleItem();
        report.ShouldContain(Path.GetFileName(aside));
        Count(aside).ShouldBe(4, "alice, bob, carol and erin");
        Directory.GetDirectories(Path.Combine(world.Folder, "data")).Select(Path.GetFileName).ShouldBe(["keys"]);
        await world.StartListeningAsync();
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice", "her renewal is in the second backup");
        (await carol.GetAsync("/api/echo")).Body.ShouldBe("carol");
        foreach (var gone in new[] { bob, dave, erin }) { (await gone.GetAsync("/api/echo")).ShouldBeProblem(401, "session_required"); }
        foreach (var living in new[] { alice, carol }) { (await living.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK); }
        world.Provider.Reuses.ShouldBe(0);
    }

    [Fact]
    public async Task A_lost_machine_comes_back_from_an_encrypted_file_on_one_where_Bff_has_made_an_empty_store_already()
    {
        await using var world = await RealTimeWorld.StartAsync();
        var file = Path.Combine(world.Folder, "backup.bff");
        var passphrase = Path.Combine(world.Folder, "passphrase");
        await File.WriteAllTextAsync(passphrase, "correct horse battery staple\n");
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();
        using var bob = await world.LogInAsync("bob");
        Succeeds(await world.RunAsync("backup", file, "--passphrase-file", passphrase), "sessions=2 encrypted=True");
        if (!OperatingSystem.IsWindows()) { File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite); }
        File.ReadAllBytes(file).AsSpan().IndexOf("manifest"u8).ShouldBe(-1);
        (await world.RunAsync("backup", file, "--passphrase-file", passphrase)).ShouldBe(
            (1, $"'{file}' already exists. Choose another name, or pass --force to replace it."));
        world.Bff.Kill();
        Directory.Delete(Path.Combine(world.Folder, "data"), recursive: true);
        await world.StartListeningAsync();
        world.Bff.Kill();

        var (refused, why) = await world.RunAsync("restore", file);
        (refused, why.Contains("it is encrypted", StringComparison.Ordinal)).ShouldBe((1, true), why);
        Succeeds(await world.RunAsync("restore", file, "--passphrase-file", passphrase), "2 of 2 sessions continue");

        await world.StartListeningAsync();
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        (await bob.PostAsync("/bff/renew")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_backup_whose_keys_nobody_here_can_open_is_refused_and_nothing_is_changed()
    {
        await using var world = await RealTimeWorld.StartAsync();
        var file = Path.Combine(world.Folder, "backup.bff");
        world.Settings["Bff:Sessions:KeyCertificate"] = Sessions.KeyCertificateTests.NewPem();
        (await world.RunAsync("keys", "rotate")).ExitCode.ShouldBe(0);
        Succeeds(await world.RunAsync("backup", file), "Backed up 0 sessions");
        world.Settings["Bff:Sessions:KeyCertificate"] = Sessions.KeyCertificateTests.NewPem();
        Directory.Delete(Path.Combine(world.Folder, "data"), recursive: true);

        var (exitCode, output) = await world.RunAsync("restore", file);

        exitCode.ShouldBe(78, output);
        output.ShouldContain("Nothing was restored. Bff:Sessions:KeyCertificate: the stored key");
        Directory.GetFiles(Path.Combine(world.Folder, "data"), "*", SearchOption.AllDirectories).Select(Path.GetFileName).ShouldBe(["bff.db.lock"]);
    }

    [Fact]
    public async Task A_store_from_before_the_backup_is_not_asked_who_was_renewed_since_and_a_damaged_key_is_replaced()
    {
        await using var world = await RealTimeWorld.StartAsync();
        var (store, file, old) = (Path.Combine(world.Folder, "data", "bff.db"), Path.Combine(world.Folder, "backup.bff"), Path.Combine(world.Folder, "old"));
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();
        world.Bff.Terminate();
        await world.Bff.ExitCodeAsync();
        File.Copy(store, old);
        await world.StartListeningAsync();
        using var bob = await world.LogInAsync("bob");
        Succeeds(await world.RunAsync("backup", file), "Backed up 2 sessions");
        world.Bff.Terminate();
        await world.Bff.ExitCodeAsync();
        File.Copy(old, store, overwrite: true);
        var key = Directory.GetFiles(Path.Combine(world.Folder, "data", "keys"), "key-*.xml").ShouldHaveSingleItem();
        await File.WriteAllTextAsync(key, "<key");

        var (_, report) = Succeeds(
            await world.RunAsync("restore", file), "2 of 2 sessions continue", "the previous store could not tell", Path.GetFileName(key));

        report.ShouldNotContain("Warning");
        await world.StartListeningAsync();
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        (await bob.GetAsync("/api/echo")).Body.ShouldBe("bob", "the old store did not know him, and does not say that he signed out");
    }

    [Fact]
    public async Task Who_goes_back_restores_the_store_that_was_kept_and_sessions_whose_keys_are_lost_are_named()
    {
        await using var world = await RealTimeWorld.StartAsync();
        var (data, file, back) = (Path.Combine(world.Folder, "data"), Path.Combine(world.Folder, "backup.bff"), Path.Combine(world.Folder, "back.bff"));
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();
        Succeeds(await world.RunAsync("backup", file), "Backed up 1 sessions");
        using var bob = await world.LogInAsync("bob");
        world.Bff.Terminate();
        await world.Bff.ExitCodeAsync();
        Succeeds(await world.RunAsync("restore", file), "1 of 1 sessions continue");
        var aside = Directory.GetFiles(data, "bff.db.before-restore-*").ShouldHaveSingleItem();

        Succeeds(await world.RunAsync("backup", back, $"--Bff:Sessions:ConnectionString=Data Source={aside}"), "Backed up 2 sessions");
        Succeeds(await world.RunAsync("restore", back), "2 of 2 sessions continue");
        await world.StartListeningAsync();
        (await bob.GetAsync("/api/echo")).Body.ShouldBe("bob");
        world.Bff.Terminate();
        await world.Bff.ExitCodeAsync();

        foreach (var key in Directory.GetFiles(Path.Combine(data, "keys"))) { File.Delete(key); }
        Succeeds(await world.RunAsync("backup", file, "--force"), "Warning: 2 sessions cannot be opened");
        Succeeds(await world.RunAsync("restore", file), "Warning: 2 sessions cannot be opened");
    }

    [Fact]
    public async Task Root_does_not_restore_what_the_user_of_Bff_could_not_read()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Only root can give a folder away.");
        await using var world = await RealTimeWorld.StartAsync();
        var (data, file) = (Path.Combine(world.Folder, "data"), Path.Combine(world.Folder, "backup.bff"));
        (await world.RunAsync("keys", "rotate")).ExitCode.ShouldBe(0);
        Succeeds(await world.RunAsync("backup", file), "Backed up 0 sessions");
        using (var chown = System.Diagnostics.Process.Start("chown", ["-R", "nobody", data])) { await chown.WaitForExitAsync(); }

        var (exitCode, output) = await world.RunAsync("restore", file);

        exitCode.ShouldBe(1, output);
        output.ShouldContain("runuser -u nobody -- bff restore");
        Directory.GetFiles(data, "bff.db.before-restore-*").ShouldBeEmpty();
    }

    [Fact]
    public async Task With_PostgreSQL_both_commands_say_what_to_use()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Sessions:Store"] = "PostgreSql";
        world.Settings["Bff:Sessions:ConnectionString"] = "Host=127.0.0.1;Port=1;Database=bff;Username=bff";
        foreach (var (command, tool) in new[] { ("backup", "pg_dump"), ("restore", "pg_restore") })
        {
            var (exitCode, output) = await world.RunAsync(command, "file");
            exitCode.ShouldBe(1, output);
            output.ShouldContain(tool);
        }
    }

    private static (int ExitCode, string Output) Succeeds((int ExitCode, string Output) run, params string[] words)
    {
        run.ExitCode.ShouldBe(0, run.Output);
        foreach (var word in words) { run.Output.ShouldContain(word); }
        return run;
    }

    /// <summary>Calls without a pause, half of which write: the store is in use while it is copied.</summary>
    private static async Task<List<HttpStatusCode>> CallAsync(Browser browser, CancellationToken until)
    {
        var answers = new List<HttpStatusCode>();
        while (!until.IsCancellationRequested) { answers.Add((await browser.GetAsync("/api/echo", CancellationToken.None)).Status); }
        return answers;
    }

    private static long Count(string file)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM sessions";
        return (long)command.ExecuteScalar()!;
    }
}
