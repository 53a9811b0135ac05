using System.Text.Json.Nodes;

namespace Bff.HostTests.Configuration;

/// <summary>A list or a section of a JSON file where one value belongs.</summary>
public sealed class WrongShapeTests
{
    private const string Of78 = """
        {
          "Bff": {
            "Oidc": { "Scope": ["openid", "profile"], "Preset": { "Name": "Auth0" }, "RequireHttps": [false], "AuthorizationParameters": { "a": ["b"] } },
            "Spa": { "Provider": ["a", "b"], "Url": { "Page": "http://localhost" }, "Origins": [["https://a.example"]] },
            "FrontEnds": { "shop": { "PathBase": ["/shop"], "Cookie": { "SameSite": ["Lax"] }, "IdleTimeout": { "Minutes": 5 } } },
            "Sessions": { "MaxCachedSessions": [1, 2] }
          }
        }
        """;

    [Theory]
    [InlineData("check")]
    [InlineData("run")]
    public async Task Each_is_named_by_its_key(string command)
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings.Remove("Bff:Oidc:RequireHttps");
        await File.WriteAllTextAsync(Path.Combine(world.Folder, "appsettings.json"), Of78);

        var (exitCode, output) = command == "run" ? await world.RunAsync() : await world.RunAsync(command);

        exitCode.ShouldBe(78, output);
        foreach (var mistake in new[]
        {
            "Bff:Oidc:Scope: is one text, not a list.", "Bff:Oidc:Preset: is one text, not a section.", "Bff:Oidc:RequireHttps: is one value, not a list.",
            "Bff:Oidc:AuthorizationParameters:a: is one text, not a list.", "Bff:Spa:Provider: is one text, not a list.",
            "Bff:Spa:Url: is one text, not a section.", "Bff:Spa:Origins:0: is one text, not a list.",
            "Bff:FrontEnds:shop:PathBase: is one text, not a list.", "Bff:FrontEnds:shop:Cookie:SameSite: is one value, not a list.",
            "Bff:FrontEnds:shop:IdleTimeout: is one value, not a section.", "Bff:Sessions:MaxCachedSessions: is one value, not a list.",
        })
        {
            output.ShouldContain(mistake);
        }

        output.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task In_a_changed_file_it_is_a_mistake_and_the_old_configuration_stays()
    {
        await using var world = await RealTimeWorld.StartAsync();
        var file = new SettingsFile(world);
        await world.StartListeningAsync();

        file.Edit(("Bff:Spa:Provider:0", "a"), ("Bff:Spa:Provider:1", "b"));
        await Eventually.HappensAsync(() => world.Bff.Output.Contains("Bff:Spa:Provider: is one text, not a list.", StringComparison.Ordinal));

        using var http = new HttpClient();
        using var response = await http.GetAsync(new Uri(world.Bff.OpsAddress, "/readyz"));   // whether the provider was asked yet is another matter
        var ready = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        ready["checks"]!["configuration"]!["status"]!.GetValue<string>().ShouldBe("Degraded");
        world.Bff.Output.ShouldNotContain("could not be read");
    }
}
