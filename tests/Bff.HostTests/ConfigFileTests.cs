namespace Bff.HostTests;

/// <summary>Settings in files that the command line or the environment names, outside the folder Bff is started in.</summary>
public sealed class ConfigFileTests : IDisposable
{
    private const string Lead = "Bff:Renewal:Lead";

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Own_files_lose_to_named_ones_a_named_one_to_a_later_one_and_all_to_environment_and_command_line()
    {
        await using var world = await RealTimeWorld.StartAsync();
        await File.WriteAllTextAsync(
            Path.Combine(world.Folder, "appsettings.json"),
            Settings(("MinValidity", 1), ("Lead", 1), ("TokenTimeout", 1), ("RevocationTimeout", 1), ("AssumedLifetime", 1)));
        var first = _folder.Write("first.json", Settings(("Lead", 2), ("TokenTimeout", 2), ("AssumedLifetime", 2)));
        var second = _folder.Write("second.json", Settings(("Lead", 3), ("TokenTimeout", 3)));
        var third = _folder.Write("third.json", Settings(("Lead", 4)));
        world.Settings["Bff:ConfigFile:0"] = first;
        world.Settings["Bff:ConfigFile:1"] = Path.GetRelativePath(world.Folder, second);

        var (exitCode, output) = await world.RunAsync("config", "--config", third);

        exitCode.ShouldBe(0, output);
        output.ShouldContain("Bff:Renewal:MinValidity = 00:00:01 (appsettings.json)");
        output.ShouldContain($"Bff:Renewal:AssumedLifetime = 00:00:02 ({first})");
        output.ShouldContain($"Bff:Renewal:TokenTimeout = 00:00:03 ({second})");
        output.ShouldContain($"{Lead} = 00:00:04 ({third})");

        world.Settings["Bff:Renewal:TokenTimeout"] = "00:00:05";
        (_, output) = await world.RunAsync("config", "--config=" + third, "--Bff:Renewal:Lead=00:00:06");
        output.ShouldContain("Bff:Renewal:TokenTimeout = 00:00:05 (environment)");
        output.ShouldContain($"{Lead} = 00:00:06 (command line)");

        static string Settings(params (string Key, int Seconds)[] settings) =>
            $$"""{ "Bff": { "Renewal": { {{string.Join(", ", settings.Select(pair => $"\"{pair.Key}\": \"00:00:0{pair.Seconds}\""))}} } } }""";
    }

    [Theory]
    [InlineData(null, "does not exist")]
    [InlineData("{\n  \"Bff\": {\n    \"Ops\": }\n}", "cannot be read: line 3, column 12: ")]
    [InlineData("{ \"Bff\": { \"ConfigFile\": \"another.json\" } }", "cannot name further files")]
    public async Task A_file_that_cannot_be_used_stops_the_start_and_is_named(string? content, string why)
    {
        await using var world = await RealTimeWorld.StartAsync();
        var file = content is null ? Path.Combine(_folder.FullName, "missing.json") : _folder.Write("wrong.json", content);

        var (exitCode, output) = await world.RunAsync("run", "--config", file);

        exitCode.ShouldBe(78);
        output.ShouldContain(why);
        if (!why.Contains("further", StringComparison.Ordinal)) { output.ShouldContain(file); }
        output.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task One_file_may_be_given_as_a_plain_value_and_every_command_takes_it()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings.Remove("Bff:Ops:Url");
        world.Settings["Bff:ConfigFile"] = _folder.Write("bff.json", """{ "Bff": { "Ops": { "Url": "http://127.0.0.1:1" } } }""");

        (await world.RunAsync("check")).ExitCode.ShouldBe(0);
        (await world.RunAsync("health")).Output.ShouldContain("No response from http://127.0.0.1:1/readyz");
        world.Settings.Remove("Bff:ConfigFile");
        (await world.RunAsync("health", "--config",
            Path.Combine(_folder.FullName, "bff.json"))).Output.ShouldContain("No response from http://127.0.0.1:1/readyz");
    }

    [Fact]
    public async Task What_is_logged_does_not_depend_on_the_folder_of_the_start()
    {
        await using var world = await RealTimeWorld.StartAsync();
        await world.StartListeningAsync();   // in a folder without a file

        world.Bff.Output.ShouldContain("Now listening on");
        world.Bff.Output.ShouldNotContain("Yarp.ReverseProxy");
    }

    [Fact]
    public async Task The_demos_settings_count_where_they_are_asked_for_only()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings.Clear();
        world.Settings["ASPNETCORE_ENVIRONMENT"] = "Development";

        (await world.RunAsync("config", "--contentRoot=" + AppContext.BaseDirectory)).Output.ShouldNotContain("localhost:5001");
        (await world.RunAsync("config", "--config",
            Path.Combine(AppContext.BaseDirectory, "demo.json"))).Output.ShouldContain("Bff:Oidc:Authority = http://localhost:5001 (");
    }

    public void Dispose() => _folder.Dispose();
}
