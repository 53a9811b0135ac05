using Bff.Tests.Configuration;
using Microsoft.Extensions.Configuration.Json;

namespace Bff.HostTests.Configuration;

/// <summary>What is checked is what is used, also when a file shows something else at each reading.</summary>
public sealed class OneReadingTests
{
    private const string Guarded = """{ "ReverseProxy:Routes:plain:AuthorizationPolicy": "default" }""";
    private const string Broken = """{ "ReverseProxy": """;

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task A_file_that_was_broken_when_the_framework_read_it_and_whole_when_it_was_checked_changes_nothing()
    {
        // The framework's reading, ours of the start, the framework's of the change, and then ours of each look.
        var file = new ScriptedFile("guards.json", Guarded, Guarded, Broken, Guarded);
        await using var world = await World.StartAsync();
        var bff = world.StartBff(source: new JsonConfigurationSource { FileProvider = file, Path = file.Name, ReloadOnChange = true, ReloadDelay = 0 });
        using var nobody = world.NewBrowser(bff);
        var before = file.Reads;

        file.Change();
        await LookAsync(world, file, before + 2);

        (await nobody.GetAsync("/plain/echo")).ShouldBeProblem(401, "session_required");
        bff.Logs.Lines.ShouldNotContain(line => line.Contains("The configuration was reloaded", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_that_was_whole_when_the_framework_read_it_and_is_broken_when_it_is_read_for_use_is_refused()
    {
        var file = new ScriptedFile("guards.json", Guarded, Guarded, "{}", Broken);
        await using var world = await World.StartAsync();
        var bff = world.StartBff(source: new JsonConfigurationSource { FileProvider = file, Path = file.Name, ReloadOnChange = true, ReloadDelay = 0 });
        using var nobody = world.NewBrowser(bff);
        var before = file.Reads;

        file.Change();
        await LookAsync(world, file, before + 2);
        await Eventually.HappensAsync(() => bff.Logs.Lines.Any(line => line.Contains("guards.json: cannot be read", StringComparison.Ordinal)));

        (await nobody.GetAsync("/plain/echo")).ShouldBeProblem(401, "session_required");
    }

    /// <summary>Two looks, so that whatever the first one did has been done.</summary>
    private static async Task LookAsync(World world, ScriptedFile file, int reads)
    {
        for (var look = 0; look < 2; look++)
        {
            world.Clock.Advance(Look);
            await Eventually.HappensAsync(() => file.Reads >= reads + look, "the file is read");
        }
    }
}
