using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Bff.HostTests;

namespace Bff.Faults;

/// <summary>A signed-in browser's script: calls the API with its cookie and the CSRF header, and keeps nothing but the status and the time.</summary>
internal sealed class Caller(string cookies)
{
    private const string JarHost = "bff";
    private static readonly TimeSpan LongestCall = TimeSpan.FromSeconds(120);

    public static readonly HttpClient Http = new(
        new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false, UseProxy = false }) { Timeout = LongestCall };

    /// <summary>One call's end; status 0 when there was no answer.</summary>
    public sealed record Answer(int Status, DateTimeOffset SentAt, TimeSpan Took, TimeSpan? RetryAfter = null, string Said = "")
    {
        public DateTimeOffset EndedAt => SentAt + Took;

        public bool Ok => Status == (int)HttpStatusCode.OK;
    }

    /// <summary>For a session that was written into the store: its key is all the browser has.</summary>
    public static Caller WithKey(string key) => new("__Host-bff=" + key);

    /// <summary>Signs in: to the proxy, the provider, the callback; redirects followed by hand, cookies kept by name.</summary>
    public static async Task<Caller> LogInAsync(Uri bff, string user, string? provider = null)
    {
        var jar = new CookieJar(TimeProvider.System);
        var url = new Uri(bff, $"/bff/login?login_hint={user}{(provider is null ? "" : "&provider=" + provider)}");
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.Add("Accept", "text/html");
            if (url.Port == bff.Port) { request.Headers.TryAddWithoutValidation("Cookie", jar.HeaderFor(JarHost)); }
            using var answer = await Http.SendAsync(request);
            if (url.Port == bff.Port && answer.Headers.TryGetValues("Set-Cookie", out var lines)) { jar.Take(JarHost, lines); }
            if (answer.StatusCode != HttpStatusCode.Found)
            {
                throw new InvalidOperationException($"Sign-in: {url.AbsolutePath} answered {answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
            }
            if (jar.Value("__Host-bff", JarHost) is { } key) { return WithKey(key); }
            url = new Uri(url, answer.Headers.Location!);
        }
    }

    public Task<Answer> GetAsync(Uri bff, CancellationToken cancel = default) => SendAsync(HttpMethod.Get, new Uri(bff, "/api/echo"), cancel);

    public Task<Answer> PostAsync(Uri bff, CancellationToken cancel = default) => SendAsync(HttpMethod.Post, new Uri(bff, "/api/echo"), cancel);

    /// <summary>A new visitor who wants to sign in.</summary>
    public static Task<Answer> BeginSignInAsync(Uri bff) => new Caller("").SendAsync(HttpMethod.Get, new Uri(bff, "/bff/login"), CancellationToken.None);

    public static Task<Answer> ProbeAsync(Uri ops) => new Caller("").SendAsync(HttpMethod.Get, new Uri(ops, "/readyz"), CancellationToken.None);

    public Task<Answer> RenewAsync(Uri bff, CancellationToken cancel = default) => SendAsync(HttpMethod.Post, new Uri(bff, "/bff/renew"), cancel);

    /// <summary>Calls one after the other until told to stop.</summary>
    public async Task PumpAsync(Uri bff, ConcurrentQueue<Answer> answers, TimeSpan pause, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            answers.Enqueue(await GetAsync(bff, CancellationToken.None));
            await Pause.ForAsync(pause.TotalMilliseconds);
        }
    }

    private async Task<Answer> SendAsync(HttpMethod method, Uri url, CancellationToken cancel)
    {
        var (sentAt, started) = (TimeProvider.System.GetUtcNow(), Stopwatch.GetTimestamp());
        try
        {
            using var request = new HttpRequestMessage(method, url);
            request.Headers.Add("X-CSRF", "1");
            request.Headers.TryAddWithoutValidation("Cookie", cookies);
            using var answer = await Http.SendAsync(request, cancel);
            return new Answer(
                (int)answer.StatusCode,
                sentAt,
                Stopwatch.GetElapsedTime(started),
                answer.Headers.RetryAfter?.Delta,
                answer.IsSuccessStatusCode ? "" : await answer.Content.ReadAsStringAsync(cancel));
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            return new Answer(0, sentAt, Stopwatch.GetElapsedTime(started));
        }
    }
}

/// <summary>The bench measures what happens in real time, so it waits in real time.</summary>
internal static class Pause
{
    public static Task ForAsync(double milliseconds) => ForAsync(TimeSpan.FromMilliseconds(milliseconds));

    public static Task ForAsync(TimeSpan time) => time > TimeSpan.Zero ? Task.Delay(time, TimeProvider.System) : Task.CompletedTask;

    public static Task UntilAsync(DateTimeOffset time) => ForAsync(time - TimeProvider.System.GetUtcNow());
}
