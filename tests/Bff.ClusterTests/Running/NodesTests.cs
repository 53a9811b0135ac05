using System.Text.Json;

namespace Bff.ClusterTests.Running;

/// <summary>The whole cluster, as an operator sees it from one node.</summary>
[Collection(nameof(OneClusterOnly))]
public sealed class NodesTests
{
    [Theory]
    [MemberData(nameof(ClusterStore.PostgreSqlAtLeast), MemberType = typeof(ClusterStore))]
    public async Task An_operator_sees_who_lives_what_each_has_renewed_and_who_has_died(string kind)
    {
        await using var cluster = await Cluster.StartAsync(kind, nodes: 2);
        var (asked, other) = (cluster.Nodes[0], cluster.Nodes[1]);
        var session = await cluster.LogInAsync("alice");
        using (var alice = other.Open(session)) { (await alice.PostAsync("/bff/renew")).Status.ShouldBe(System.Net.HttpStatusCode.OK); }

        await Eventually.HappensAsync(async () => await SeenAsync(asked, other) is { Alive: true, Renewals: 1 }, "the renewal of the other node is seen");
        using (var metrics = await other.OperateAsync(HttpMethod.Get, "/metrics"))
        {
            (await metrics.Content.ReadAsStringAsync()).ShouldContain($"service_instance_id=\"{Environment.MachineName}:{other.OpsAddress.Port}\"");
        }

        other.Kill();
        await Eventually.HappensAsync(async () => await SeenAsync(asked, other) is { Alive: false }, "the other node is missed");

        var at = "--Bff:Ops:Url=" + asked.OpsAddress.GetLeftPart(UriPartial.Authority);
        var (said, forPrograms) = (cluster.World.RunAsync("nodes", at), cluster.World.RunAsync("nodes", "--json", at));
        JsonDocument.Parse((await forPrograms).Output).RootElement.GetProperty("nodes").GetArrayLength().ShouldBe(2);
        var (exitCode, table) = await said;
        exitCode.ShouldBe(0, table);
        var lines = table.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines[0].ShouldStartWith("NODE");
        LineOf(asked).ShouldContain(" 0  (this one)");
        LineOf(other).ShouldContain("not reporting");
        LineOf(other).ShouldEndWith(" 1");

        await other.StartAsync();
        await Eventually.HappensAsync(async () => await SeenAsync(asked, other) is { Alive: true }, "who has its place is seen, and nobody else there");

        string LineOf(ClusterNode node) => lines.Single(line => line.Contains($":{node.OpsAddress.Port} ", StringComparison.Ordinal));
    }

    private sealed record Seen(bool? Alive, long Renewals);

    private static async Task<Seen?> SeenAsync(ClusterNode asked, ClusterNode node)
    {
        using var overview = await asked.OperateAsync(HttpMethod.Get, "/overview");
        var nodes = JsonDocument.Parse(await overview.Content.ReadAsStringAsync()).RootElement.GetProperty("nodes").EnumerateArray();
        return nodes.Where(one => one.GetProperty("name").GetString()!.EndsWith($":{node.OpsAddress.Port}", StringComparison.Ordinal))
            .Select(one => new Seen(one.GetProperty("alive").ValueKind == JsonValueKind.True, one.GetProperty("renewals").GetInt64())).SingleOrDefault();
    }
}
