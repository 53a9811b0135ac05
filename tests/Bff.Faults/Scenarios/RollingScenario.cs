using System.Collections.Concurrent;
using Bff.Ops.Live;
using Bff.Sessions;

namespace Bff.Faults.Scenarios;

/// <summary>
/// Three nodes on one PostgreSQL behind nginx, GETs and POSTs all the time, and each node restarted in turn, ten times; with <c>--other</c> also an upgrade
/// from that build and back to it. nginx repeats a GET at another node; a POST that was sent is not repeated, so one that a stopping node drops is a 502.
/// </summary>
internal static class RollingScenario
{
    private const int Nodes = 3, Sessions = 200;

    public static async Task RunAsync(Bench bench)
    {
        var rounds = bench.Quick ? 2 : 10;
        var rate = bench.Options.Rate ?? 100;
        var store = await bench.NewStoreAsync(SessionsOptions.PostgreSql);
        // of 200 that the server allows, with one node leaving and one coming
        store = store with { ConnectionString = store.ConnectionString + ";Maximum Pool Size=30" };
        await using var provider = await MassProvider.StartAsync(Sessions);
        await using var stock = new SessionStock(store);
        var now = TimeProvider.System.GetUtcNow();
        var plan = SessionStock.Plan(Sessions, number => (now + TimeSpan.FromMinutes(1) + TimeSpan.FromSeconds(number), now + TimeSpan.FromMinutes(30)));
        await stock.FillAsync(
            plan, entry => new(provider.AccessToken(entry.Number, entry.ExpiresAt), provider.RefreshToken(entry.Number), null, null, now, entry.ExpiresAt));
        provider.Lifetime = TimeSpan.FromMinutes(3);   // renewals go on while nodes come and go

        var nodes = new List<BffProcess>();
        while (nodes.Count < Nodes)
        {
            nodes.Add(await BffProcess.StartAsync(bench, store, provider.Issuer, provider.Issuer, ("Bff:Ops:DrainFor", "00:00:05")));
        }
        await using (var nginx = new Nginx(nodes.Select(node => node.Address)))
        {
            using var load = new Load(bench, [.. plan.Select(entry => Caller.WithKey(entry.Key))], nginx.Address, rate);
            await Load.WarmUpAsync();
            for (var round = 0; round < rounds; round++)
            {
                bench.Say($"restart {round + 1} of {rounds}: {load.Summary}");
                foreach (var node in nodes) { await node.RestartAsync(); }
            }

            await load.ReportAsync(bench.Sheet($"three nodes on PostgreSQL behind nginx, {rounds} rolling restarts, {rate} GET/s and {rate} POST/s"), provider);
            if (bench.Options.Other is { } other)
            {
                var here = AppContext.BaseDirectory;
                foreach (var node in nodes) { await node.RestartAsync(other); }
                using var second = new Load(bench, [.. plan.Select(entry => Caller.WithKey(entry.Key))], nginx.Address, rate);
                await Load.WarmUpAsync();
                foreach (var node in nodes) { await node.RestartAsync(here); }
                bench.Say($"upgraded: {second.Summary}");
                await Load.WarmUpAsync();
                foreach (var node in nodes) { await node.RestartAsync(other); }
                bench.Say($"rolled back: {second.Summary}");
                await second.ReportAsync(bench.Sheet("the same, upgraded from another build node by node, and rolled back"), provider);
            }

            foreach (var line in nginx.Complaints.Take(20)) { bench.Say("nginx: " + line); }
        }

        foreach (var node in nodes) { await node.DisposeAsync(); }
    }

    /// <summary>So many calls a second whether or not those before have been answered.</summary>
    private sealed class Load : IDisposable
    {
        private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

        private readonly ConcurrentQueue<(bool Post, Caller.Answer Answer)> _answers = new();
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _running;
        private readonly Bench _bench;
        private readonly Uri _at;
        private readonly Caller[] _callers;
        private readonly int _rate;
        private readonly DateTimeOffset _started = TimeProvider.System.GetUtcNow();

        public Load(Bench bench, Caller[] callers, Uri at, int rate)
        {
            (_bench, _callers, _at, _rate) = (bench, callers, at, rate);
            _running = Task.Run(RunAsync);
        }

        public string Summary => $"{_answers.Count:N0} answers, {_answers.Count(call => !call.Answer.Ok):N0} of them not 200";

        public static Task WarmUpAsync() => Pause.ForAsync(TimeSpan.FromSeconds(3));

        public void Dispose() => _stop.Dispose();

        public async Task ReportAsync(Sheet sheet, MassProvider provider)
        {
            await _stop.CancelAsync();
            await _running;
            var took = TimeProvider.System.GetUtcNow() - _started;
            var (gets, posts) =
                (_answers.Where(call => !call.Post).Select(call => call.Answer).ToList(),
                    _answers.Where(call => call.Post).Select(call => call.Answer).ToList());
            sheet.Exactly(
                ("GETs not answered 200", gets.Count(answer => !answer.Ok), 0),
                ("POSTs not answered 200", posts.Count(answer => !answer.Ok), 0),
                ("used tokens replayed", provider.Reuses, 0));
            foreach (var group in _answers.Where(call => !call.Answer.Ok).GroupBy(call => (call.Post, call.Answer.Status)))
            {
                sheet.Inform(
                    $"{(group.Key.Post ? "POST" : "GET")} answered {group.Key.Status}",
                    $"{group.Count():N0}, the first at {group.First().Answer.SentAt:HH:mm:ss.fff}: {group.First().Answer.Said.ReplaceLineEndings(" ")}");
            }

            sheet.Inform(
                "GETs / POSTs / kept up of the rate asked for",
                $"{gets.Count:N0} / {posts.Count:N0} / {(gets.Count + posts.Count) / (took.TotalSeconds * 2 * _rate):P0}");
            var times = _answers.Select(call => call.Answer.Took.TotalSeconds).Order().ToList();
            sheet.Inform("time of a call: median / 99 % / most", $"{times[times.Count / 2]:F3} / {times[(int)(times.Count * 0.99)]:F2} / {times[^1]:F2} s");
            sheet.Inform("renewals meanwhile", $"{provider.Renewals:N0}");
        }

        private async Task RunAsync()
        {
            var calls = new List<Task>();
            for (var sent = 0; !_stop.IsCancellationRequested; await Pause.ForAsync(Tick))
            {
                for (var due = (int)((TimeProvider.System.GetUtcNow() - _started).TotalSeconds * _rate); sent < due; sent++)
                {
                    calls.Add(CallAsync(_callers[sent % _callers.Length], post: false));
                    calls.Add(CallAsync(_callers[(sent + 1) % _callers.Length], post: true));
                }
            }

            await Task.WhenAll(calls);
        }

        private async Task CallAsync(Caller caller, bool post)
        {
            var answer = await (post ? caller.PostAsync(_at) : caller.GetAsync(_at));
            _answers.Enqueue((post, answer));
            if (!answer.Ok)
            {
                _bench.Say(
                    $"{(post ? "POST" : "GET")} sent {answer.SentAt:HH:mm:ss.fff} answered {answer.Status} after {answer.Took.TotalSeconds:F2} s: "
                    + $"{answer.Said.ReplaceLineEndings(" ")}");
            }
        }
    }
}
