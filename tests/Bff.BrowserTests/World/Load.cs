using System.Text.Json;

namespace Bff.BrowserTests.World;

/// <summary>The page calling the private API without a pause, one call after the other, and what it got.</summary>
internal sealed class Load
{
    private readonly Visitor _visitor;

    private Load(Visitor visitor) => _visitor = visitor;

    /// <param name="Sent">When, in ms since 1970.</param>
    /// <param name="Answered">When, in ms since 1970.</param>
    /// <param name="Status">0 when nobody answered.</param>
    /// <param name="RetryAfter">What the answer said about trying again.</param>
    internal sealed record Call(long Sent, long Answered, int Status, string? RetryAfter);

    public static async Task<Load> StartAsync(Visitor visitor)
    {
        await visitor.RunAsync<bool>(
            """
            async () => {
              const { bffUrl } = await import('/config.js'); // not bff.js's fetch: that waits until a 503 is over
              window.load = { on: true, calls: [] };
              (async () => {
                while (window.load.on) {
                  const sent = Date.now();
                  const answer = await fetch(`${bffUrl}/api/private`, { cache: 'no-store', credentials: 'include', headers: { 'X-CSRF': '1' } }).catch(() => null);
                  window.load.calls.push({ sent, answered: Date.now(), status: answer?.status ?? 0, retryAfter: answer?.headers.get('Retry-After') ?? null });
                  await new Promise((resolve) => setTimeout(resolve, 50));
                }
              })();
              return true;
            }
            """);
        return new Load(visitor);
    }

    public async Task<Call[]> SoFarAsync() =>
        JsonSerializer.Deserialize<Call[]>(await _visitor.RunAsync<string>("() => JSON.stringify(window.load.calls)"), JsonSerializerOptions.Web)!;

    public async Task<Call[]> StopAsync()
    {
        await _visitor.RunAsync<bool>("() => !(window.load.on = false)");
        return await SoFarAsync();
    }

    /// <summary>A call that is sent from now on succeeds.</summary>
    public async Task SucceedsAgainAsync()
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        await Eventually.HappensAsync(async () => (await SoFarAsync()).Any(call => call.Sent > now && call.Status == 200), "calls succeed again");
    }
}
