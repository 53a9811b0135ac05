using System.Net;

namespace Bff.HostTests;

/// <summary>What the demo calls a secret works in the demo only.</summary>
public sealed class DemoSecretTests
{
    private static readonly string Demo = Path.Combine(SourceFolder(AppContext.BaseDirectory), "deploy", "demo");

    [Theory]
    [InlineData("Bff:Ops:TokenFile", "ops-token", "Bff:Ops:Token")]
    [InlineData("Bff:Oidc:ClientSecretFile", "client-secret", "Bff:Oidc:ClientSecret")]
    [InlineData("Bff:Sessions:ConnectionStringFile", "postgres-connection", "Bff:Sessions:ConnectionString")]
    public async Task A_start_outside_Development_with_a_secret_of_the_demo_is_refused(string key, string file, string named)
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings.Remove(named);
        world.Settings[key] = Path.Combine(Demo, file);

        var process = world.Start();

        (await process.ExitCodeAsync()).ShouldBe(78);
        process.Errors.ShouldContain($"- {named}: is the demo's");
        process.Errors.ShouldNotContain("demo-only-");
    }

    [Fact]
    public async Task In_Development_the_demo_works()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["ASPNETCORE_ENVIRONMENT"] = "Development";
        world.Settings["Bff:Ops:TokenFile"] = Path.Combine(Demo, "ops-token");
        await world.StartListeningAsync();
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", (await File.ReadAllTextAsync(Path.Combine(Demo, "ops-token"))).Trim());
        (await http.GetAsync(new Uri(world.Bff.OpsAddress, "/sessions"))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public void Every_secret_of_the_demo_is_recognised()
    {
        foreach (var file in Directory.GetFiles(Demo).Where(file => Path.GetExtension(file) != ".json"))
        {
            File.ReadAllText(file).ShouldContain("demo-only-", customMessage: file);
        }
    }

    private static string SourceFolder(string folder) => File.Exists(Path.Combine(folder, "Bff.sln")) ? folder : SourceFolder(Path.GetDirectoryName(folder)!);
}
