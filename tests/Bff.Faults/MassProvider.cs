using System.Collections.Concurrent;
using System.Globalization;
using Bff.HostTests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Bff.Faults;

/// <summary>
/// A provider for very many sessions, and the API beside it: no sign-in, no signatures, tokens that say themselves whose they are
/// (<c>r-session-generation</c>), each refresh token good once. Everything else is as strict as at a real one.
/// </summary>
internal sealed class MassProvider : IAsyncDisposable
{
    private static readonly string OurClient =
        "Basic " + Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes($"{PretendProvider.ClientId}:{PretendProvider.ClientSecret}"));

    /// <summary>Makes tokens as long as signed ones usually are.</summary>
    private readonly string _padding;

    private readonly WebApplication _app;
    private readonly int[] _generations;
    private readonly ConcurrentDictionary<(int Session, int Generation), DateTimeOffset> _tradedAt = new();
    private readonly ConcurrentQueue<DateTimeOffset> _arrivals = new();
    private int _renewals, _reuses, _leeways, _underWay, _mostAtOnce;
    private volatile bool _down;

    private MassProvider(int sessions, int padding)
    {
        (_generations, _padding) = (new int[sessions], new string('x', padding));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapGet("/.well-known/openid-configuration", () => Results.Text(
            $$"""
            {"issuer":"{{Issuer}}","authorization_endpoint":"{{Issuer}}/authorize","token_endpoint":"{{Issuer}}/token","jwks_uri":"{{Issuer}}/jwks",
             "response_types_supported":["code"],"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["RS256"]}
            """,
            "application/json"));
        _app.MapGet("/jwks", () => new { keys = new[] { SigningKey.Number(1).Public() } });
        _app.MapPost("/token", TokenAsync);
        _app.MapMethods("/api/echo", [HttpMethods.Get, HttpMethods.Post], Api);
        _app.MapGet("/api/download/{bytes:long}", async (long bytes, HttpResponse response) =>
        {
            response.ContentLength = bytes;
            for (var part = new byte[64 * 1024]; bytes > 0; bytes -= part.Length)
            {
                await response.Body.WriteAsync(part.AsMemory(0, (int)Math.Min(bytes, part.Length)));
            }
        });
    }

    public static async Task<MassProvider> StartAsync(int sessions, int padding = 800)
    {
        var provider = new MassProvider(sessions, padding);
        await provider._app.StartAsync();
        provider.Issuer = provider._app.Urls.Single();
        return provider;
    }

    public string Issuer { get; private set; } = "";

    public TimeSpan Delay { get; set; } = TimeSpan.FromMilliseconds(20);

    public TimeSpan Lifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>A refresh token that was traded may be traded again for this long, for answers that never arrived.</summary>
    public TimeSpan Leeway { get; set; }

    public int Renewals => Volatile.Read(ref _renewals);

    /// <summary>Used refresh tokens presented outside the leeway.</summary>
    public int Reuses => Volatile.Read(ref _reuses);

    /// <summary>Used refresh tokens presented within it.</summary>
    public int Leeways => Volatile.Read(ref _leeways);

    /// <summary>The most token calls that were under way together.</summary>
    public int MostAtOnce => Volatile.Read(ref _mostAtOnce);

    /// <summary>When each token call arrived.</summary>
    public IReadOnlyCollection<DateTimeOffset> Arrivals => _arrivals;

    public void GoDown() => _down = true;

    public void ComeBack() => _down = false;

    public string RefreshToken(int session) => RefreshToken(session, _generations[session]);

    public string AccessToken(int session, DateTimeOffset expiresAt) => $"a-{session}-{_generations[session]}-{expiresAt.ToUnixTimeMilliseconds()}-{_padding}";

    /// <summary>The most token calls within any second.</summary>
    public int MostInASecond()
    {
        var (times, most, first) = (_arrivals.Order().ToArray(), 0, 0);
        for (var last = 0; last < times.Length; last++)
        {
            while (times[last] - times[first] >= TimeSpan.FromSeconds(1)) { first++; }
            most = Math.Max(most, last - first + 1);
        }

        return most;
    }

    private async Task<IResult> TokenAsync(HttpRequest request)
    {
        _arrivals.Enqueue(TimeProvider.System.GetUtcNow());
        var now = Interlocked.Increment(ref _underWay);
        for (var most = MostAtOnce; now > most && Interlocked.CompareExchange(ref _mostAtOnce, now, most) != most; most = MostAtOnce) { }
        try
        {
            if (_down) { return Results.Text("down for maintenance", statusCode: 503); }
            var form = await request.ReadFormAsync();
            await Pause.ForAsync(Delay);
            var known = request.Headers.Authorization == OurClient && form["grant_type"] == "refresh_token";
            var type = request.Headers.ContainsKey("DPoP") ? "DPoP" : "Bearer";   // RFC 9449 section 5; whose key it is nobody here checks
            return known && Trade(form["refresh_token"].ToString(), type) is { } answer
                ? Results.Text(answer, "application/json")
                : Results.Text("""{"error":"invalid_grant"}""", "application/json", statusCode: 400);
        }
        finally
        {
            // Before the answer leaves: whoever has it may call again at once.
            Interlocked.Decrement(ref _underWay);
        }
    }

    private string? Trade(string presented, string type)
    {
        var words = presented.Split('-');
        var (session, generation) = (Number(words[1]), Number(words[2]));
        var now = TimeProvider.System.GetUtcNow();
        lock (Lock(session))
        {
            if (generation != _generations[session])
            {
                if (!_tradedAt.TryGetValue((session, generation), out var tradedAt) || now - tradedAt > Leeway)
                {
                    Interlocked.Increment(ref _reuses);
                    return null;
                }

                Interlocked.Increment(ref _leeways);
            }

            if (Leeway > TimeSpan.Zero) { _tradedAt.TryAdd((session, generation), now); }
            _generations[session]++;
            Interlocked.Increment(ref _renewals);
            return $$"""{"access_token":"{{AccessToken(session,
                now + Lifetime)}}","refresh_token":"{{RefreshToken(session)}}","token_type":"{{type}}","expires_in":{{Lifetime.TotalSeconds:F0}}}""";
        }
    }

    /// <summary>Wants a token of this provider that has not expired.</summary>
    private static IResult Api(HttpRequest request)
    {
        var words = request.Headers.Authorization.ToString().Split('-');
        var alive = words is ["Bearer a" or "DPoP a", _, _, var expiry, _]
            && long.Parse(expiry, CultureInfo.InvariantCulture) > TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        return Results.StatusCode(alive ? 200 : 401);
    }

    private string RefreshToken(int session, int generation) => $"r-{session}-{generation}-{_padding.AsSpan(0, 100)}";

    private readonly Lock[] _locks = [.. Enumerable.Range(0, 64).Select(_ => new Lock())];

    private Lock Lock(int session) => _locks[session % _locks.Length];

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
