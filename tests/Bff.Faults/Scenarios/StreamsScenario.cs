using System.Diagnostics;
using System.Net;
using Bff.HostTests;

namespace Bff.Faults.Scenarios;

/// <summary>Very many tabs listen to <c>/bff/events</c> and nothing happens; then some of their sessions end, and at last the server stops.</summary>
internal static class StreamsScenario
{
    private const int Sample = 50;
    private const double LongestToHear = 1.0;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(2);

    public static async Task RunAsync(Bench bench)
    {
        var count = bench.Quick ? 500 : 10_000;
        var store = await bench.NewStoreAsync(bench.Kinds.First());
        await using var provider = await MassProvider.StartAsync(count);
        await using var stock = new SessionStock(store);
        var now = TimeProvider.System.GetUtcNow();
        var plan = SessionStock.Plan(count, _ => (now + Lifetime, now + Lifetime));
        await stock.FillAsync(
            plan, entry => new(provider.AccessToken(entry.Number, entry.ExpiresAt), provider.RefreshToken(entry.Number), null, null, now, entry.ExpiresAt));

        var streams = new List<HttpResponseMessage>();
        await using (var bff = await BffProcess.StartAsync(bench, store, provider.Issuer, provider.Issuer))
        {
            await Pause.ForAsync(2000);
            var before = bff.ResidentBytes;
            var began = Stopwatch.GetTimestamp();
            foreach (var part in plan.Chunk(100)) { streams.AddRange(await Task.WhenAll(part.Select(entry => OpenAsync(bff.Address, entry.Key)))); }
            var opening = Stopwatch.GetElapsedTime(began);
            await Pause.ForAsync(5000);

            var (open, cpu) = (bff.ResidentBytes, bff.Cpu);
            await Pause.ForAsync(Idle);
            var busy = (bff.Cpu - cpu) / Idle;

            var longest = TimeSpan.Zero;
            for (var number = 0; number < Sample; number++)
            {
                longest = await HearTheEndAsync(bff.Address, plan[number].Key, streams[number]) is var took && took > longest ? took : longest;
            }

            var sheet = bench.Sheet($"{store.Name}, {count:N0} streams of as many sessions");
            sheet.Exactly("streams not opened", streams.Count(stream => stream.StatusCode != HttpStatusCode.OK), 0);
            sheet.Inform("opened in", $"{opening.TotalSeconds:F1} s");
            sheet.Inform("memory a stream, connection included", $"{(open - before) / 1024.0 / count:F1} KiB");
            sheet.Inform($"CPU while nothing happens (a heartbeat each 15 s, {count / 15:N0} a second)", $"{busy:P1} of a core");
            sheet.AtMost($"sign-out to 'ended' on the stream, the slowest of {Sample}", longest.TotalSeconds, LongestToHear, "0.00 s");
            began = Stopwatch.GetTimestamp();
            await bff.StopAsync();
            sheet.AtMost("SIGTERM to the end of the process with all of them open", Stopwatch.GetElapsedTime(began).TotalSeconds, 15, "0.0 s");
        }

        foreach (var stream in streams) { stream.Dispose(); }
    }

    private static async Task<HttpResponseMessage> OpenAsync(Uri bff, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(bff, "/bff/events"));
        request.Headers.Add("X-CSRF", "1");
        request.Headers.TryAddWithoutValidation("Cookie", "__Host-bff=" + key);
        return await Caller.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private static async Task<TimeSpan> HearTheEndAsync(Uri bff, string key, HttpResponseMessage stream)
    {
        using var lines = new StreamReader(await stream.Content.ReadAsStreamAsync());
        using var signOut = new HttpRequestMessage(HttpMethod.Post, new Uri(bff, "/bff/logout"));
        signOut.Headers.Add("X-CSRF", "1");
        signOut.Headers.TryAddWithoutValidation("Cookie", "__Host-bff=" + key);
        using var answer = await Caller.Http.SendAsync(signOut);
        var ended = Stopwatch.GetTimestamp();
        while (await lines.ReadLineAsync() is { } line && line != "event: ended") { }
        return Stopwatch.GetElapsedTime(ended);
    }
}
