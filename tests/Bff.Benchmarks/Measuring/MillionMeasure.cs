using System.Globalization;
using System.Text.RegularExpressions;
using Bff.Faults;
using Bff.Sessions;

namespace Bff.Benchmarks.Measuring;

/// <summary>
/// A store with very many sessions and one published Bff on it: bytes for each session, statements while nobody calls, for a call and for a renewal, and
/// whether thousands of renewals a minute are on time. Every session has real tokens, sealed by the product's own keys, and can be renewed.
/// </summary>
internal sealed partial class MillionMeasure(MillionOptions options, Bench bench)
{
    private const int Called = 20, Rounds = 50, MaxConcurrency = 128, MaxPerSecond = 1000, IdTokenLength = 900;
    private const string Claim = "claim_due", NextDue = "next_due", Complete = "complete_renewal";

    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ScrapeCache = TimeSpan.FromMilliseconds(400);   // the exporter shows what it has shown less than 300 ms ago
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Lead = TimeSpan.FromMinutes(1);   // the default
    private static readonly TimeSpan Far = TimeSpan.FromHours(6);

    private readonly List<(string Figure, Dictionary<string, string> Measured)> _rows = [];
    private string _store = "";

    /// <summary>How often the store was asked for what, and how long it took, as Bff's metrics have it.</summary>
    private sealed record Statements(Dictionary<string, (double Count, double Seconds)> ByOperation)
    {
        public double Count => ByOperation.Values.Sum(one => one.Count);

        public double CountOf(string operation) => ByOperation.GetValueOrDefault(operation).Count;

        public double MillisecondsOf(string operation) =>
            ByOperation.GetValueOrDefault(operation) is { Count: > 0 } one ? 1000 * one.Seconds / one.Count : 0;

        public Statements Since(Statements before) => new(ByOperation.ToDictionary(
            one => one.Key, one => (one.Value.Count - before.CountOf(one.Key), one.Value.Seconds - before.ByOperation.GetValueOrDefault(one.Key).Seconds)));

        public string Told(double divisor) => string.Join(
            ", ", ByOperation.Where(one => one.Value.Count > 0).OrderByDescending(one => one.Value.Count)
                .Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Key} {one.Value.Count / divisor:0.###}")));
    }

    /// <returns>A table.</returns>
    public async Task<string> RunAsync(IReadOnlyList<string> kinds)
    {
        bench.Scenario = "million";
        foreach (var kind in kinds) { await MeasureAsync(kind); }
        var stores = _rows.SelectMany(row => row.Measured.Keys).Distinct().ToList();
        return $"""
            {Report.Machine()}; {options.Sessions:N0} sessions, {options.DuePerMinute:N0} due a minute for {options.Minutes} minutes

            | | {string.Join(" | ", stores)} |
            |---|{string.Concat(stores.Select(_ => "--:|"))}
            {string.Join('\n', _rows.Select(row => $"| {row.Figure} | {string.Join(" | ", stores.Select(store => row.Measured.GetValueOrDefault(store)))} |"))}
            """;
    }

    private async Task MeasureAsync(string kind)
    {
        var store = await bench.NewStoreAsync(kind);
        _store = store.Name;
        await using var counter = await ServerCounter.StartAsync(bench, store);
        await using var provider = await MassProvider.StartAsync(options.Sessions);
        var due = options.DuePerMinute * options.Minutes;
        await using var stock = new SessionStock(store);
        var now = TimeProvider.System.GetUtcNow();
        var later = now + Far;
        var plan = SessionStock.Plan(options.Sessions, number => (later + TimeSpan.FromMilliseconds(number), later + Lead));
        bench.Say($"{store.Name}: writing {options.Sessions:N0} sessions");
        await stock.FillAsync(
            plan,
            entry => new(
                provider.AccessToken(entry.Number, entry.ExpiresAt), provider.RefreshToken(entry.Number), new string('i', IdTokenLength), "openid profile",
                now, entry.ExpiresAt),
            SessionClient.NameOf(provider.Issuer, HostTests.PretendProvider.ClientId),
            written => bench.Say($"{store.Name}: {written:N0} sessions"));
        Row("written in, with a seal for each", $"{(TimeProvider.System.GetUtcNow() - now).TotalSeconds:F0} s");
        var isInMemory = store.Kind == SessionsOptions.Redis;
        Row(
            isInMemory ? "bytes of a session in memory, indexes included" : "bytes of a session on disk, indexes included",
            $"{(double)await stock.BytesAsync() / options.Sessions:N0}");
        if (await stock.FootprintAsync() is var (resident, file))
        {
            Row("the server's memory, its append-only file rewritten", $"{Megabytes(resident)}, {Megabytes(file)}");
        }

        var ops = new Uri($"http://127.0.0.1:{FreePort.Find()}");
        await using var bff = await BffProcess.StartAsync(
            bench, store, provider.Issuer, provider.Issuer, ("Bff:Ops:Url", ops.ToString()), ("Bff:Renewal:MaxConcurrency", $"{MaxConcurrency}"),
            ("Bff:Renewal:MaxPerSecond", $"{MaxPerSecond}"));
        await Pause.ForAsync(Settle);
        Row("Bff's memory after the start", Megabytes(bff.ResidentBytes));
        await MeasureIdleAsync(ops, counter);
        await MeasureCallsAsync(bff, ops, counter, plan);
        await MeasureRenewalsAsync(bff, ops, counter, stock, plan[..due], provider);
        Row("Bff's memory after all, and the most", $"{Megabytes(bff.ResidentBytes)}, {Megabytes(bff.PeakResidentBytes)}");
    }

    private async Task MeasureIdleAsync(Uri ops, ServerCounter? counter)
    {
        if (counter is not null) { await counter.ForgetAsync(); }
        var (before, atServer) = (await ReadAsync(ops), counter is null ? 0 : await counter.CountAsync());
        await Pause.ForAsync(Idle);
        var statements = (await ReadAsync(ops)).Since(before);
        var hours = Idle.TotalHours;
        Row("store operations of an idle node in an hour", $"{statements.Count / hours:N0}");
        Row("of them", statements.Told(hours));
        foreach (var counting in new[] { "count", "count_due" }) { Row($"one {counting}", $"{statements.MillisecondsOf(counting):F1} ms"); }
        if (counter is null) { return; }
        Row($"{counter.Counted} of an idle node in an hour, at the server", $"{(await counter.CountAsync() - atServer) / hours:N0}");
        bench.Say(await counter.MostAsync());
    }

    /// <summary>Some sessions call again and again, as pages do.</summary>
    private async Task MeasureCallsAsync(BffProcess bff, Uri ops, ServerCounter? counter, List<SessionStock.Entry> plan)
    {
        var callers = plan[^Called..].ConvertAll(entry => Caller.WithKey(entry.Key));
        var first = await ReadAsync(ops);
        await Task.WhenAll(callers.Select(caller => caller.GetAsync(bff.Address)));
        var (before, atServer) = (await ReadAsync(ops), counter is null ? 0 : await counter.CountAsync());
        var failed = 0;
        for (var round = 0; round < Rounds; round++)
        {
            failed += (await Task.WhenAll(callers.Select(caller => caller.GetAsync(bff.Address)))).Count(answer => !answer.Ok);
        }

        var after = await ReadAsync(ops);
        Row("store operations of a first call", before.Since(first).Told(Called));
        Row($"store operations of {Called * Rounds:N0} calls with copies", $"{after.Since(before).Count:N0} ({after.Since(before).Told(1)})");
        if (counter is not null) { Row("the same at the server", $"{await counter.CountAsync() - atServer:N0}"); }
        if (failed > 0) { Row("calls that failed", $"{failed:N0}"); }
    }

    private async Task MeasureRenewalsAsync(
        BffProcess bff, Uri ops, ServerCounter? counter, SessionStock stock, List<SessionStock.Entry> due, MassProvider provider)
    {
        // Their due times are moved, so that all figures so far are of a store in which nothing was due.
        var start = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(20);
        var length = Minute * options.Minutes;
        await stock.MoveDueAsync(due, start, length);
        if (counter is not null) { await counter.ForgetAsync(); }
        var (before, atServer, cpu) = (await ReadAsync(ops), counter is null ? 0 : await counter.CountAsync(), bff.Cpu);
        var serverCpu = counter is null ? null : await counter.CpuAsync();
        for (var end = start + length + Lead; provider.Renewals < due.Count && TimeProvider.System.GetUtcNow() < end; await Pause.ForAsync(500)) { }
        await Pause.ForAsync(1000);
        var (statements, usedByBff) = ((await ReadAsync(ops)).Since(before), bff.Cpu - cpu);

        // Bff's log has a line for each, written when it is stored.
        var stored = StoredAt(bff.Log);
        List<double> lags = [.. due.Select(LagOf).Order()];
        Row("renewals due, stored, late (after the lead of a minute)", $"{due.Count:N0}, {stored.Count:N0}, {lags.Count(lag => lag > Lead.TotalSeconds):N0}");
        Row("used refresh tokens replayed", $"{provider.Reuses:N0}");
        Row("stored after the due time: median, 99 %, most", $"{At(lags, 0.5):F2}, {At(lags, 0.99):F2}, {lags[^1]:F2} s");
        Row("a tick: claim, next due", $"{statements.MillisecondsOf(Claim):F1}, {statements.MillisecondsOf(NextDue):F1} ms");
        Row("a write of new tokens", $"{statements.MillisecondsOf(Complete):F1} ms");
        Row("store operations of a renewal", $"{Renewing(statements).Count / due.Count:F2} ({Renewing(statements).Told(due.Count)})");
        if (counter is not null)
        {
            Row($"{counter.Counted} of a renewal at the server, idle ones included", $"{(double)(await counter.CountAsync() - atServer) / due.Count:F2}");
            if (await counter.CpuAsync() - serverCpu is { } used) { Row("CPU of the server for a renewal", $"{used.TotalMilliseconds / due.Count:F2} ms"); }
            bench.Say(await counter.MostAsync());
        }

        Row("CPU of Bff for a renewal", $"{usedByBff.TotalMilliseconds / due.Count:F2} ms");

        double LagOf(SessionStock.Entry entry) => stored.TryGetValue($"{entry.Id}", out var at)
            ? (at - (start + (length * entry.Number / due.Count))).TotalSeconds : double.PositiveInfinity;
    }

    private static Statements Renewing(Statements all) =>
        new(all.ByOperation.Where(one => one.Key is Claim or NextDue or Complete or "claim" or "release").ToDictionary());

    private void Row(string figure, string measured)
    {
        bench.Say($"{_store}: {figure}: {measured}");
        var row = _rows.Find(one => one.Figure == figure);
        if (row.Measured is null) { _rows.Add(row = (figure, [])); }
        row.Measured[_store] = measured;
    }

    private static string Megabytes(long bytes) => $"{bytes / 1e6:N0} MB";

    private static double At(List<double> ordered, double part) => ordered[(int)((ordered.Count - 1) * part)];

    private static async Task<Statements> ReadAsync(Uri ops)
    {
        await Pause.ForAsync(ScrapeCache);
        var text = await Caller.Http.GetStringAsync(new Uri(ops, "/metrics"));
        return new(Sample().Matches(text)
            .GroupBy(match => match.Groups["operation"].Value)
            .ToDictionary(group => group.Key, group => (Sum(group, "count"), Sum(group, "sum"))));

        static double Sum(IEnumerable<Match> samples, string what) => samples.Where(match => match.Groups["what"].Value == what)
            .Sum(match => double.Parse(match.Groups["value"].Value, CultureInfo.InvariantCulture));
    }

    private static Dictionary<string, DateTimeOffset> StoredAt(string log) =>
        File.ReadLines(log).Select(line => Renewed().Match(line)).Where(match => match.Success).GroupBy(match => match.Groups["session"].Value)
            .ToDictionary(matches => matches.Key, matches => DateTimeOffset.Parse(matches.First().Groups["time"].Value, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^(?<time>\S+Z) .*Session (?<session>\S+) renewed in ")]
    private static partial Regex Renewed();

    [GeneratedRegex("""^bff_store_duration(_seconds)?_(?<what>count|sum)\{[^}]*operation="(?<operation>\w+)"[^}]*\} (?<value>\S+)""", RegexOptions.Multiline)]
    private static partial Regex Sample();
}
