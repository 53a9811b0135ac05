using Bff.HostTests;
using Bff.Sessions;

namespace Bff.Faults.Scenarios;

/// <summary>Two nodes on one PostgreSQL, calls of one session at both when its token expires.</summary>
internal static class ClusterScenario
{
    private const int CallsPerNode = 2;

    public static async Task RunAsync(Bench bench)
    {
        var rounds = bench.Quick ? 5 : 20;
        var store = await bench.NewStoreAsync(SessionsOptions.PostgreSql);
        await using var provider = await PretendProvider.StartAsync(TimeProvider.System);
        await using var api = await PretendApi.StartAsync(provider, TimeProvider.System);
        provider.Lifetime = ExpiryRounds.Lifetime;
        await using var first = await BffProcess.StartAsync(bench, store, provider.Issuer, api.Address);
        await using var second = await BffProcess.StartAsync(bench, store, provider.Issuer, api.Address);
        var caller = await Caller.LogInAsync(first.Address, "alice");
        BffProcess[] nodes = [first, second];

        var round = new ExpiryRounds(provider, nodes, provider.Grant);
        for (var number = 0; number < rounds; number++)
        {
            await round.RunAsync(() => nodes.SelectMany(node => Enumerable.Range(0, CallsPerNode).Select(_ => caller.GetAsync(node.Address))));
        }

        round.Report(bench.Sheet($"two nodes on PostgreSQL, {rounds} × ({CallsPerNode} + {CallsPerNode}) calls"));
    }
}
