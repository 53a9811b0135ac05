using System.Collections.Concurrent;
using System.Net.Http.Json;

namespace Bff.BrowserTests.World;

/// <summary>What the provider has noted about its token endpoint since it started, or since the demo was given to this test.</summary>
internal sealed record Diary(int Issued, int Refreshed, int Reused, int Rejected)
{
    private static readonly ConcurrentDictionary<string, Diary> Before = new();

    public static async Task<Diary> ReadAsync(string? provider = null)
    {
        provider ??= Demo.ProviderUrl;
        var all = await ReadAllAsync(provider);
        return Before.TryGetValue(provider, out var before)
            ? new(all.Issued - before.Issued, all.Refreshed - before.Refreshed, all.Reused - before.Reused, all.Rejected - before.Rejected)
            : all;
    }

    /// <summary>What was noted so far does not count from now on.</summary>
    public static async Task TurnPageAsync(string provider) => Before[provider] = await ReadAllAsync(provider);

    /// <summary>The provider has ended, and its diary with it: it is in its memory.</summary>
    public static void Close(string provider) => Before.TryRemove(provider, out _);

    private static async Task<Diary> ReadAllAsync(string provider)
    {
        using var http = new HttpClient();
        return (await http.GetFromJsonAsync<Diary>(new Uri(provider + "/diary/summary")))!;
    }
}
