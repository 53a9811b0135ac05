using System.Net;
using System.Text;
using System.Text.Json;
using Bff.Sessions;
using CsCheck;
using static Bff.Renewal.RenewalResult;

namespace Bff.Tests.Renewal;

/// <summary>
/// Whatever the token endpoint responds to one session, however often: that session's requests keep to the back-off, and another session's renewals and calls
/// go on as if nothing were. A failure prints the seed; run it again with <c>CsCheck_Seed</c>.
/// </summary>
[Trait("Standard", "WILD-7")]
public sealed class AnyResponsePropertyTests
{
    private const int Cases = 20;

    /// <summary>Just before the first renewal is due.</summary>
    private static readonly TimeSpan ClockStep = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Beginning = TimeSpan.FromSeconds(44);

    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(45);

    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(20);

    private sealed record Response(int Status, string? Type, string Body, string? RetryAfter);

    private static readonly Gen<string> Words = OneOf(
        "invalid_grant", "invalid_client", "unauthorized_client", "invalid_scope", "invalid_request", "interaction_required", "login_required", "access_denied",
        "temporarily_unavailable", "server_error", "moon_phase", "", "line\nbreak", "Forbidden");

    // Lifetimes, a refresh token's too, are either stale when issued or long enough to be watched once: between them there is no step to hold.
    private static readonly Gen<object?> Lifetimes = OneOf<object?>(0, -1, 0.4, 1, 1.5, 2, "1", "2", "soon", 30, "600", 1e300, null);

    private static readonly Gen<string> Objects = Gen.Select(
        Maybe("access_token", OneOf<object?>("GRANT.access.7", "GRANT.access.7", "", 7, "a\nb", null, new { a = 1 })),
        Maybe("token_type", OneOf<object?>("Bearer", "bearer", "mac", 5)),
        Maybe("refresh_token", OneOf<object?>("GRANT.refresh.7", "", null)),
        Maybe("expires_in", Lifetimes),
        Maybe("refresh_expires_in", OneOf<object?>(0, 1, 2, 40, 1000)),
        Maybe("id_token", OneOf<object?>("rubbish", "e30.e30.", null, new { sub = "alice" })),
        Maybe("error", Words.Select(word => (object?)word)),
        Maybe("suberror", OneOf<object?>("basic_action", "bad_token")),
        (a, b, c, d, e, f, g, h) =>
            JsonSerializer.Serialize(new[] { a, b, c, d, e, f, g, h }.OfType<(string Name, object? Value)>()
                .ToDictionary(pair => pair.Name, pair => pair.Value)));

    private static readonly Gen<Response> Responses = Gen.Select(
        Gen.Frequency(
            (6, Gen.Const(200)),
            (1, OneOf(201, 204, 301, 307)),
            (4, OneOf(400, 401, 403, 404)),
            (1, OneOf(405, 409, 410, 418, 429)),
            (2, OneOf(500, 502, 503))),
        OneOf("application/json", "application/json", "text/html", "text/plain", null),
        Gen.Frequency((5, Objects), (1, OneOf("", "<html>no</html>", "[]", "null", "7", "{\"access_token\":\"a", "{\"error\":{}}")), (1, Gen.String)),
        Gen.Frequency((4, Gen.Const((string?)null)), (1, OneOf<string?>("0", "3", "-1", "100000", "Thu, 01 Jan 1998 00:00:00 GMT"))),
        (status, type, body, retryAfter) => new Response(status, type, body, retryAfter));

    [Fact]
    public async Task No_response_makes_a_session_that_is_used_ask_more_than_once_a_back_off_step_or_hurts_another() =>
        await Responses.SampleAsync(response => WatchAsync(response, used: true), iter: Cases, threads: 1);

    [Fact]
    public async Task No_response_makes_a_session_whose_user_is_away_ask_more_than_once_a_back_off_step_or_hurts_another() =>
        await Responses.SampleAsync(response => WatchAsync(response, used: false), iter: Cases, threads: 1);

    /// <summary>The smallest inputs of what once went wrong.</summary>
    [Theory]
    [InlineData(200, """{"access_token":"GRANT.access.7","token_type":"mac","refresh_token":"GRANT.refresh.7"}""")]
    [InlineData(200, """{"access_token":"GRANT.access.7","expires_in":1}""")]
    [InlineData(200, """{"refresh_token":"GRANT.refresh.7"}""")]
    [InlineData(500, "")]
    public async Task Nor_do_these(int status, string body)
    {
        await WatchAsync(new Response(status, "application/json", body, RetryAfter: null), used: true);
        await WatchAsync(new Response(status, "application/json", body, RetryAfter: null), used: false);
    }

    private static async Task WatchAsync(Response response, bool used)
    {
        await using var world = new EngineWorld();
        await world.StartAsync();
        await world.LogInAsync();
        await world.LogInAsync();
        var (poisoned, other) = (world.Sessions[0], world.Sessions[1]);
        world.Provider.Poison = (poisoned, () => Make(response, poisoned));

        world.Clock.Advance(Beginning);
        for (var second = 0; second < Watched.TotalSeconds; second++)
        {
            var node = world[second % EngineWorld.Nodes];
            if (used && await node.Cache.FindAsync(poisoned, default) is { } session) { _ = node.Renewer.GetUsableAsync(session, default).AsTask(); }
            var call = node.Renewer.GetUsableAsync((await node.Store.FindAsync(other, default)).ShouldNotBeNull(), default).AsTask();
            await world.AdvanceAsync(ClockStep);
            (await call.WaitAsync(Hang, TimeProvider.System)).ShouldBeOfType<Usable>();   // it need not wait for the clock, so it cannot hang
        }

        world.Violations.ShouldBeEmpty();
        var (at, cap) = (world.Provider.Poisoned, used ? 4 : 16);
        var earliest = TimeSpan.Zero;
        for (var request = 1; request < at.Count; request++)
        {
            // Half of 1, 2, 4 … s, as the jitter may have it. What is new but stale counts as little as what is not there. The clock goes by whole seconds, and
            // on a busy machine the first request may be begun in the second after its own.
            earliest += TimeSpan.FromSeconds(Math.Min(Math.Pow(2, request - 1), cap) / 2);
            (at[request] - at[0]).ShouldBeGreaterThanOrEqualTo(earliest - ClockStep, $"request {request + 1} of {at.Count}");
        }
    }

    private static HttpResponseMessage Make(Response response, SessionId session)
    {
        var made = new HttpResponseMessage((HttpStatusCode)response.Status)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(response.Body.Replace("GRANT", session.Value, StringComparison.Ordinal))),
        };
        if (response.Type is not null) { made.Content.Headers.TryAddWithoutValidation("Content-Type", response.Type); }
        if (response.RetryAfter is not null) { made.Headers.TryAddWithoutValidation("Retry-After", response.RetryAfter); }
        return made;
    }

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Gen<(string, object?)?> Maybe(string name, Gen<object?> values) =>
        Gen.Frequency((2, values.Select(value => ((string, object?)?)(name, value))), (1, Gen.Const(((string, object?)?)null)));
}
