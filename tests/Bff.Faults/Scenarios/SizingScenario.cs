using System.Net;

namespace Bff.Faults.Scenarios;

/// <summary>What one node holds in memory: sessions that call, streams that listen, a large download. For docs/deploy/sizing.md; nothing breaks here.</summary>
internal static class SizingScenario
{
    private const int Streams = 2_000;
    private const long Download = 1L << 30;
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(2);

    public static async Task RunAsync(Bench bench)
    {
        var count = bench.Options.Sessions ?? 5_000;
        var store = await bench.NewStoreAsync(bench.Kinds.First());
        await using var provider = await MassProvider.StartAsync(count);
        await using var stock = new SessionStock(store);
        var now = TimeProvider.System.GetUtcNow();
        var plan = SessionStock.Plan(count, _ => (now + Lifetime, now + Lifetime));
        await stock.FillAsync(
            plan, entry => new(provider.AccessToken(entry.Number, entry.ExpiresAt), provider.RefreshToken(entry.Number), null, null, now, entry.ExpiresAt));
        await using var bff = await BffProcess.StartAsync(bench, store, provider.Issuer, provider.Issuer);
        var sheet = bench.Sheet($"{store.Name}, one node");
        await Pause.ForAsync(2000);
        sheet.Inform("resident after the start", Megabytes(bff.ResidentBytes));

        var failed = 0;
        foreach (var part in plan.Chunk(50))
        {
            failed += (await Task.WhenAll(part.Select(entry => Caller.WithKey(entry.Key).GetAsync(bff.Address)))).Count(answer => !answer.Ok);
        }
        sheet.Exactly("calls not answered 200", failed, 0);
        sheet.Inform($"resident after a call of each of {count:N0} sessions", Megabytes(bff.ResidentBytes));

        var before = bff.ResidentBytes;
        await DownloadAsync(bff.Address, plan[0].Key);
        sheet.Inform("more resident after a download of 1 GB", Megabytes(bff.ResidentBytes - before));

        var streams = new List<HttpResponseMessage>();
        foreach (var part in plan.Take(Streams).Chunk(50))
        {
            streams.AddRange(await Task.WhenAll(part.Select(entry => OpenAsync(bff.Address, "/bff/events", entry.Key))));
        }
        sheet.Exactly("streams not opened", streams.Count(stream => stream.StatusCode != HttpStatusCode.OK), 0);
        sheet.Inform(
            $"resident with {Streams:N0} streams open as well / the most so far", $"{Megabytes(bff.ResidentBytes)} / {Megabytes(bff.PeakResidentBytes)}");
        foreach (var stream in streams) { stream.Dispose(); }
    }

    private static string Megabytes(long bytes) => $"{bytes / 1_000_000.0:F0} MB";

    private static async Task DownloadAsync(Uri bff, string key)
    {
        using var answer = await OpenAsync(bff, $"/api/download/{Download}", key);
        await using var body = await answer.Content.ReadAsStreamAsync();
        var buffer = new byte[64 * 1024];
        for (var left = Download; left > 0;)
        {
            left -= await body.ReadAsync(buffer) is var read and > 0 ? read : throw new InvalidOperationException($"The download ended {left:N0} bytes early.");
        }
    }

    private static async Task<HttpResponseMessage> OpenAsync(Uri bff, string path, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(bff, path));
        request.Headers.Add("X-CSRF", "1");
        request.Headers.TryAddWithoutValidation("Cookie", "__Host-bff=" + key);
        return await Caller.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
