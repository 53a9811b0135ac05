using System.Net;
using System.Text;
using System.Web;
using Bff.Providers;
using Bff.Sessions;
using Bff.Sessions.Store.Sql;

namespace Bff.Tests.Renewal;

/// <summary>
/// A provider that rotates refresh tokens and grants a leeway for lost answers. It knows which answers arrived, so it can tell an honest
/// repetition (the answer was lost) from a replay (somebody had the answer and used the old token all the same).
/// </summary>
internal sealed class EngineProvider(TimeProvider clock)
{
    public static readonly TimeSpan Leeway = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, State> _grants = [];
    private readonly List<string> _violations = [];
    private TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string _mood = "well";
    private int _answersToLose;
    private int _working;
    private int _hanging;

    private sealed class State
    {
        public int Generation { get; set; }

        public bool Delivered { get; set; } = true;

        public DateTimeOffset RotatedAt { get; set; }

        public bool InFlight { get; set; }

        public bool Revoked { get; set; }

        public bool MayEnd { get; set; }
    }

    /// <summary>What one session's refreshes get instead of an honest response, whatever they present.</summary>
    public (SessionId Session, Func<HttpResponseMessage> Response)? Poison { get; set; }

    /// <summary>When <see cref="Poison"/> was served.</summary>
    public List<DateTimeOffset> Poisoned { get; } = [];

    public IReadOnlyList<string> Violations
    {
        get { lock (_lock) { return [.. _violations]; } }
    }

    /// <summary>Requests nobody will answer before <see cref="Recover"/>.</summary>
    public int Hanging => Volatile.Read(ref _hanging);

    /// <summary>Requests under way that are not hanging.</summary>
    public int Working => Volatile.Read(ref _working);

    public void Recover()
    {
        _mood = "well";
        lock (_lock) { _answersToLose = 0; }
        Interlocked.Exchange(ref _released, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    public void GoDown() => _mood = "down";

    public void Hang() => _mood = "hanging";

    public void Misconfigure() => _mood = "misconfigured";

    public void LoseNextAnswer()
    {
        lock (_lock) { _answersToLose++; }
    }

    public TokenSet Grant(SessionId id)
    {
        lock (_lock) { _grants[id.Value] = new State(); }
        return Tokens(id.Value, 0);
    }

    public void Revoke(SessionId id)
    {
        lock (_lock) { (_grants[id.Value].Revoked, _grants[id.Value].MayEnd) = (true, true); }
    }

    public void MayEnd(SessionId id)
    {
        lock (_lock) { _grants[id.Value].MayEnd = true; }
    }

    public bool WasEnded(SessionId id)
    {
        lock (_lock) { return _grants[id.Value].MayEnd; }
    }

    /// <summary>A process died with an answer it had not stored yet: as good as lost.</summary>
    public void ForgetUnstoredAnswer(SessionId id, TokenSet stored)
    {
        lock (_lock)
        {
            var state = _grants[id.Value];
            if (stored.RefreshToken != $"{id.Value}.refresh.{state.Generation}") { state.Delivered = false; }
        }
    }

    private TokenSet Tokens(string grant, int generation)
    {
        var now = clock.GetUtcNow();
        return new($"{grant}.access.{generation}", $"{grant}.refresh.{generation}", null, null, now, now + Lifetime);
    }

    private async Task<HttpResponseMessage> AnswerAsync(HttpRequestMessage request, Func<bool> alive, CancellationToken cancel)
    {
        if (request.RequestUri!.AbsolutePath == "/.well-known/openid-configuration")
        {
            return Json(200, """{"issuer":"https://idp.example","authorization_endpoint":"https://idp.example/a","token_endpoint":"https://idp.example/t"}""");
        }

        if (_mood == "hanging") { await HangAsync(cancel); }
        if (!alive()) { await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel); }
        if (_mood == "down") { return Json(503, ""); }
        if (_mood == "misconfigured") { return Json(401, """{"error":"invalid_client"}"""); }
        Interlocked.Increment(ref _working);
        try
        {
            var form = HttpUtility.ParseQueryString(await request.Content!.ReadAsStringAsync(CancellationToken.None));
            var parts = form["refresh_token"]!.Split('.');
            if (Poison is { } poison && poison.Session.Value == parts[0])
            {
                lock (_lock) { Poisoned.Add(clock.GetUtcNow()); }
                return poison.Response();
            }

            return await RefreshAsync(parts[0], int.Parse(parts[2]), form["audience"] ?? "access", alive, cancel);
        }
        finally
        {
            Interlocked.Decrement(ref _working);
        }
    }

    private async Task HangAsync(CancellationToken cancel)
    {
        Interlocked.Increment(ref _hanging);
        try
        {
            await _released.Task.WaitAsync(cancel);
        }
        finally
        {
            Interlocked.Decrement(ref _hanging);
        }
    }

    private async Task<HttpResponseMessage> RefreshAsync(string grant, int presented, string kind, Func<bool> alive, CancellationToken cancel)
    {
        int generation;
        bool lost;
        lock (_lock)
        {
            var state = _grants[grant];
            if (state.Revoked) { return Json(400, """{"error":"invalid_grant"}"""); }
            if (state.InFlight) { _violations.Add($"{grant}: two refreshes at once"); }
            if (presented < state.Generation)
            {
                if (state.Delivered || presented < state.Generation - 1)
                {
                    _violations.Add($"{grant}: replayed refresh token {presented} of {state.Generation}");
                }
                if (clock.GetUtcNow() - state.RotatedAt > Leeway)
                {
                    // Reuse after the leeway: what every provider with rotation does. The answer was lost too long ago; ending is the stated outcome.
                    state.MayEnd = true;
                    return Json(400, """{"error":"invalid_grant"}""");
                }
            }
            else
            {
                state.RotatedAt = clock.GetUtcNow();
                state.Generation++;
            }

            generation = state.Generation;
            state.InFlight = true;
            state.Delivered = false;
            lost = _answersToLose > 0 && _answersToLose-- > 0;
        }

        await Task.Yield();
        lock (_lock)
        {
            var state = _grants[grant];
            state.InFlight = false;
            if (!lost && alive()) { state.Delivered = true; }
        }

        if (lost) { throw new HttpRequestException("reset"); }
        if (!alive()) { throw new HttpRequestException("the process was killed"); }
        var tokens = Tokens(grant, generation);
        return Json(
            200,
            $$"""{"access_token":"{{grant}}.{{kind}}.{{generation}}","refresh_token":"{{tokens.RefreshToken}}","token_type":"Bearer","expires_in":{{Lifetime.TotalSeconds}}}""");
    }

    private static HttpResponseMessage Json(int status, string body) =>
        new((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };

    /// <summary>The way from one process to the provider.</summary>
    public sealed class Clients(EngineProvider provider, Func<bool> alive) : HttpMessageHandler, IHttpClientFactory
    {
        public HttpClient CreateClient(string name) => new(this, disposeHandler: false);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            provider.AnswerAsync(request, alive, cancellationToken);
    }
}
