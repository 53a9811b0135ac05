using System.Text.RegularExpressions;

namespace Bff.Tests;

/// <summary>compose.production.yml on top of docker-compose.yml: no file of the demo is left, and none comes back because a variable was forgotten.</summary>
public sealed partial class ComposeFilesTests
{
    private static readonly string Root = Find(AppContext.BaseDirectory);

    [Theory]
    [InlineData("secrets")]
    [InlineData("configs")]
    public void Whatever_the_demo_mounts_production_replaces(string section)
    {
        var demo = Entries("docker-compose.yml", section);
        var production = Entries("compose.production.yml", section);

        demo.Values.ShouldContain(file => file.Contains("deploy/demo", StringComparison.Ordinal));
        foreach (var (name, _) in demo.Where(entry => entry.Value.Contains("deploy/demo", StringComparison.Ordinal)))
        {
            production.ShouldContainKey(name);
            production[name].ShouldNotContain("deploy/demo");
        }
    }

    [Fact]
    public void The_production_file_and_the_settings_to_start_from_name_no_file_and_no_secret_of_the_demo()
    {
        foreach (var file in new[] { "compose.production.yml", ".env.example" })
        {
            var text = File.ReadAllText(Path.Combine(Root, file));
            text.ShouldNotContain("deploy/demo", customMessage: file);
            text.ShouldNotContain("demo-only", customMessage: file);
        }
    }

    [Fact]
    public void A_secret_that_every_production_needs_stops_compose_when_it_is_missing()
    {
        var production = Entries("compose.production.yml", "secrets");
        production["ops-token"].ShouldStartWith("${OPS_TOKEN_FILE:?");
        production["client-secret"].ShouldStartWith("${OIDC_CLIENT_SECRET_FILE:?");
    }

    /// <summary>Two nodes cannot have one port of the machine, and the balancer has the one that browsers know.</summary>
    [Fact]
    public void In_a_cluster_the_balancer_has_the_port_of_the_one_node_and_asks_what_a_node_serves()
    {
        var (one, several) = (File.ReadAllText(Path.Combine(Root, "docker-compose.yml")), File.ReadAllText(Path.Combine(Root, "compose.cluster.yml")));
        var balancer = File.ReadAllText(Path.Combine(Root, "deploy", "cluster", "haproxy.cfg"));
        const string published = "127.0.0.1:${BFF_PORT:-3001}:3001";
        one.ShouldContain(published);
        several.ShouldContain($"ports: [ \"{published}\" ]");
        several.ShouldContain("ports: !override");
        several.ShouldContain("Bff__Ops__Url: http://+:3002");
        balancer.ShouldContain("\n    bind :3001\n");
        balancer.ShouldContain("bff:3001");
        balancer.ShouldContain("check port 3002");
    }

    /// <summary>Name and file of each <c>name: { file: "…" }</c> in a section at the top level.</summary>
    private static Dictionary<string, string> Entries(string file, string section)
    {
        var lines = File.ReadAllLines(Path.Combine(Root, file)).SkipWhile(line => line != section + ":").Skip(1)
            .TakeWhile(line => line.Length == 0 || line[0] is ' ' or '#');
        return lines.Select(line => Entry().Match(line)).Where(match => match.Success).ToDictionary(
            match => match.Groups[1].Value, match => match.Groups[2].Value);
    }

    [GeneratedRegex("""^  ([a-z-]+): \{ file: "([^"]+)" \}$""")]
    private static partial Regex Entry();

    private static string Find(string folder) => File.Exists(Path.Combine(folder, "Bff.sln")) ? folder : Find(Path.GetDirectoryName(folder)!);
}
