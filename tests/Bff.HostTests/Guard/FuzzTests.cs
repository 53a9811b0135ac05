using System.Text;
using CsCheck;

namespace Bff.HostTests.Guard;

/// <summary>
/// Anything may come from a stranger, a browser or a provider; nothing of it may be an error of ours, make us hang, or get into the log when it is secret. So
/// many cases in each run and no more; a failure prints its seed, and <c>CsCheck_Seed</c> runs it again.
/// </summary>
public sealed class FuzzTests
{
    private const int Requests = 3_000;
    private const int ProviderAnswers = 250;

    /// <summary>In whatever no log may show: cookies, codes, states, tokens.</summary>
    private const string Secret = "s3kr3t-of-the-fuzz";

    private enum Where { Cookie, ReturnUrl, Origin, Callback, Host, Forwarded }

    /// <summary>Written <c>\uXXXX</c> where it is not plain: each character of a request is one byte.</summary>
    private static readonly string[] Atoms =
    [
        "", " ", "\t", "\0", "\u007f", "\u0080", "\u00fc", "\u00ff", "\"", "'", "<", "\\", "/", "//", "..", "%", "%00", "%0d%0a", "%2f", "%5c", "%25", "%zz",
        "%c3%28", "&", "=", ";", ",", "?", "#", "@",
        ":", "[", "]", "[::1]", "localhost", "evil.example", "http://", "https://", "javascript:", "null", "127.0.0.1", ":99999", ":-1", "-1",
        "999999999999999999999", "state=", "code=", "error=",
        "__Host-bff", "CfDJ8", "AAAA", "eyJhbGciOiJub25lIn0", "{}", "[]", "true", "\u00c3\u00bc", "a\u0301",
    ];

    private static readonly Gen<string> Text = Gen.Frequency(
        (8, OneOf(Atoms).Array[0, 8].Select(string.Concat)),
        (3, Gen.Char[' ', '\u00ff'].Array[0, 40].Select(chars => new string(chars))),
        (2, Gen.Char.AlphaNumeric.Array[0, 60].Select(chars => new string(chars))),
        (1, Gen.Select(OneOf(Atoms), Gen.Int[1, 6_000],
            (atom, times) => string.Concat(Enumerable.Repeat(atom, times))[..Math.Min(atom.Length * times, 30_000)])));

    private static readonly Gen<(Where Where, string First, string Second, bool Encoded, int Shape)> Request =
        Gen.Select(Gen.Enum<Where>(), Text, Text, Gen.Bool, Gen.Int[0, 5]);

    private static readonly string[] Names =
        ["access_token", "refresh_token", "id_token", "token_type", "expires_in", "scope", "error", "error_description", "request_uri", "refresh_expires_in"];

    private static readonly Gen<string> Value = Gen.OneOf(
        Text.Select(text => System.Text.Json.JsonSerializer.Serialize(text)),
        OneOf(
            "null",
            "true",
            "0",
            "-1",
            "1e400",
            "99999999999999999999",
            "3.5",
            "[]",
            "{}",
            "[[[[]]]]",
            "\"Bearer\"",
            "\"invalid_grant\"",
            "\"urn:x\"",
            $"\"{Secret}\"",
            "\"\\ud800\"",
            "nonsense"));

    private static readonly Gen<(int Status, string Type, string Body)> Answer = Gen.Select(
        OneOf(200, 200, 200, 201, 204, 302, 400, 401, 403, 404, 429, 500, 502, 503),
        OneOf("application/json", "application/json", "text/html", "application/jwt", "text/plain; charset=utf-16", "x"),
        Gen.Frequency(
            (6, Gen.Select(OneOf(Names), Value).Array[0, 8]
                .Select(pairs => $"{{{string.Join(',', pairs.Select(pair => $"\"{pair.Item1}\":{ValueOf(pair)}"))}}}")),
            (2, Text), (1, Value), (1, Gen.Const(new string('[', 5_000)))));

    [Fact]
    public async Task No_request_is_an_error_of_ours()
    {
        await using var world = await World.StartAsync([("Bff:RateLimits:SignIn", "0"), ("Bff:RateLimits:Callback", "0"), .. World.BehindProxy()]);
        var alice = await world.LogInAsync();
        var cookies = alice.Cookies.HeaderFor("localhost");
        await Request.SampleAsync(
            async fuzz =>
            {
                var answer = await SendAsync(world, fuzz.Where, Line(fuzz.First), Line(fuzz.Second), fuzz.Encoded, fuzz.Shape, cookies);
                answer.Status.ShouldNotBe(500, LastError(world));
                answer.Status.ShouldNotBe(0, "there is an answer");
                LeadsAway(answer).ShouldBeFalse(answer.Text);
            },
            iter: Requests, threads: 1);
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        ShouldHaveNoSecret(world, alice.Session!);
    }

    [Fact]
    [Trait("Standard", "RP-19")]
    public async Task No_answer_of_a_token_endpoint_is_an_error_of_ours()
    {
        await using var world = await World.StartAsync(("Bff:RateLimits:SignIn", "0"), ("Bff:RateLimits:Callback", "0"));
        await Answer.SampleAsync(
            async fuzz =>
            {
                var browser = world.NewBrowser();
                var callback = await browser.GoToCallbackAsync("/bff/login?login_hint=alice");
                world.Clock.Advance(TimeSpan.FromSeconds(1));   // so that the provider's gate has room again
                world.Provider.Faults.AnswerWith(fuzz.Status, fuzz.Body, fuzz.Type);
                var answer = await browser.StepAsync(callback);
                world.Provider.ComeBack();
                ((int)answer.Status).ShouldNotBe(500, LastError(world));
            },
            iter: ProviderAnswers, threads: 1);
        ShouldHaveNoSecret(world);
    }

    [Fact]
    public async Task No_answer_to_a_pushed_authorization_request_is_an_error_of_ours()
    {
        await using var world = await World.StartAsync(("Bff:RateLimits:SignIn", "0"));
        world.Provider.ShapeMetadata = metadata => metadata["pushed_authorization_request_endpoint"] = world.Provider.Issuer + "/par";
        var browser = world.NewBrowser();
        await Answer.SampleAsync(
            async fuzz =>
            {
                world.Clock.Advance(TimeSpan.FromSeconds(1));
                world.Provider.Faults.AnswerWith("/par", fuzz.Status, fuzz.Body, fuzz.Type);
                ((int)(await browser.StepAsync("/bff/login")).Status).ShouldNotBe(500, LastError(world));
                (await browser.StepAsync("/bff/silent-login")).Status.ShouldBe(System.Net.HttpStatusCode.Found);
            },
            iter: ProviderAnswers, threads: 1);
        ShouldHaveNoSecret(world);
    }

    /// <summary>The word of an error may be logged: it is one for operators.</summary>
    private static string ValueOf((string Name, string Value) pair) =>
        pair.Name == "error" ? pair.Value.Replace(Secret, "odd_error", StringComparison.Ordinal) : pair.Value;

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Task<RawCall> SendAsync(World world, Where where, string first, string second, bool encoded, int shape, string cookies)
    {
        var at = world.Bff.Address;
        var value = encoded ? Uri.EscapeDataString(first) : first;
        var own = new[] { "/bff/session", "/bff/user", "/bff/login", "/bff/logout", "/api/echo", "/bff/nothing" }[shape];
        var returning =
            new[] { "/bff/login", "/bff/silent-login", "/bff/logout", "/bff/login?prompt=" + value, "/bff/silent-login",
                "/bff/login?login_hint=" + value }[shape];
        return where switch
        {
            Where.Cookie =>
                RawCall.GetAsync(
                    at,
                    own,
                    "localhost",
                    "X-CSRF: 1",
                    $"Cookie: {Browser.SessionCookie}={Secret}{value}; {second}; {cookies}"[..(shape > 2 ? ^(cookies.Length + 2) : ^0)]),
            Where.ReturnUrl =>
                RawCall.GetAsync(
                    at,
                    $"{returning}{(returning.Contains('?', StringComparison.Ordinal) ? '&' : '?')}returnUrl={value}&sid={Uri.EscapeDataString(second)}",
                    "localhost",
                    "Cookie: " + cookies),
            Where.Origin => RawCall.GetAsync(at, own, "localhost", "X-CSRF: 1", "Origin: " + first, "Sec-Fetch-Site: " + second, "Cookie: " + cookies),
            Where.Callback => RawCall.GetAsync(
                at, (shape < 4 ? "/signin-oidc" : "/signout-callback-oidc")
                    + $"?state={Secret}{value}&code={Secret}{Uri.EscapeDataString(second)}&{value}", "localhost",
                $"Cookie: __Host-bff-state-{Secret}=N; {cookies}"),
            Where.Host => RawCall.GetAsync(at, own, first, "X-CSRF: 1", "X-Forwarded-Host: " + second),
            _ =>
                RawCall.GetAsync(at, own, "localhost", "X-CSRF: 1", "X-Forwarded-For: " + first, "X-Forwarded-Proto: " + second,
                    "X-Forwarded-Host: " + (shape < 3 ? "localhost" : first)),
        };
    }

    /// <summary>No header can hold a line's end; what is left of it begins another one, and that is another test.</summary>
    private static string Line(string text) => text.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal);

    private static bool LeadsAway(RawCall answer) =>
        answer.Header("Location") is { } location && Uri.TryCreate(new Uri("http://localhost"), location, out var url)
            && url.Host is not ("localhost" or "127.0.0.1");

    private static void ShouldHaveNoSecret(World world, params string[] more)
    {
        var log = new StringBuilder().AppendJoin('\n', world.Bff.Logs.Lines).ToString();
        foreach (var secret in more.Append(Secret).Append(PretendProvider.ClientSecret))
        {
            log.Contains(secret, StringComparison.Ordinal).ShouldBeFalse($"{secret[..4]}… is in the log: {Around(log, secret)}");
        }
    }

    private static string LastError(World world) => world.Bff.Logs.Lines.LastOrDefault(line => line.StartsWith("Error", StringComparison.Ordinal)) ?? "";

    private static string Around(string log, string secret) =>
        log.IndexOf(secret, StringComparison.Ordinal) is var at and >= 0 ? log[Math.Max(0, at - 300)..at] : "";
}
