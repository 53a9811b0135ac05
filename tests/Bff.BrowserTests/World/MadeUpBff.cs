using System.Text.Json;
using Microsoft.Playwright;

namespace Bff.BrowserTests.World;

/// <summary>
/// A Bff whose answers a test makes up, and a clock that goes on when the test says so: every state of the page without a demo and without waiting.
/// Only the page's own server is real.
/// </summary>
internal sealed class MadeUpBff : IAsyncDisposable
{
    private static readonly DateTime Start = new(2026, 3, 2, 9, 41, 0, DateTimeKind.Utc);
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromSeconds(60);

    private readonly string _silentPage = Demo.PageUrl + "/silent?";
    private readonly TimeSpan _idleTimeout = TimeSpan.FromMinutes(30);
    private DateTime _tokenUntil;
    private DateTime _renewsAt;
    private DateTime _usedUntil;
    private DateTime _absoluteEnd;
    private bool _isSignedIn;

    private MadeUpBff(Visitor visitor) => Visitor = visitor;

    public Visitor Visitor { get; }

    public DateTime Now { get; private set; } = Start;

    /// <summary>How Bff takes requests.</summary>
    public Manner Manner { get; set; } = Manner.Answers;

    /// <summary>Of a session without refresh token: the page renews it.</summary>
    public bool IsSilent { get; set; }

    /// <summary>Why renewals fail; null while they do not.</summary>
    public string? RenewalError { get; set; }

    /// <summary>Why the session has ended.</summary>
    public string? Reason { get; set; }

    /// <summary>The status and the body of the API's answer; status 0 never answers.</summary>
    public (int Status, string Body) Api { get; set; } = (200, """{"message":"Hello from the scoped endpoint","user":"alice"}""");

    /// <summary>How often a page asked to be kept alive.</summary>
    public int KeptAlive { get; private set; }

    public static async Task<MadeUpBff> VisitAsync(Engine engine)
    {
        var bff = new MadeUpBff(await engine.VisitAsync(url: "about:blank"));
        var page = bff.Visitor.Page;
        await page.AddInitScriptAsync("Object.defineProperty(navigator, 'onLine', { value: true, configurable: true });"); // whatever the machine has
        await page.Clock.InstallAsync(new() { TimeDate = Start - TimeSpan.FromHours(1) });
        await page.Clock.PauseAtAsync(Start);
        await page.RouteAsync($"{Demo.BffUrl}/**", bff.AnswerAsync);
        await page.RouteAsync(bff._silentPage + "*", EndSilentSignInAsync);
        return bff;
    }

    /// <summary>The page's server, to be started. Bff's own address answers nothing.</summary>
    public static DemoProcess Page() => new("spa", "SpaStatic", Demo.PageUrl, "/")
    {
        Environment = { ["Spa__BffUrl"] = Demo.BffUrl, ["Spa__Demo__ProviderUrl"] = Demo.ProviderUrl, ["Spa__Demo__OpsUrl"] = Demo.OpsUrl },
    };

    public void SignIn()
    {
        _isSignedIn = true;
        _absoluteEnd = Now + TimeSpan.FromHours(12);
        Use();
        Renew();
    }

    public void Renew()
    {
        _tokenUntil = Now + TokenLifetime;
        _renewsAt = _tokenUntil - (TokenLifetime / 4);
    }

    /// <summary>The session has this long to live.</summary>
    public void EndIn(TimeSpan left, bool whateverIsDone = false)
    {
        _usedUntil = Now + left;
        if (whateverIsDone) { _absoluteEnd = _usedUntil; }
    }

    public void End(string reason)
    {
        _isSignedIn = false;
        Reason = reason;
    }

    public void Use() => _usedUntil = Now + _idleTimeout;

    /// <summary>A renewal failed, and the next try is planned.</summary>
    public void FailToRenew(TimeSpan nextTry)
    {
        RenewalError = "idp_unavailable";
        _renewsAt = Now + nextTry;
    }

    /// <summary>Time goes on, for Bff and for the page.</summary>
    public async Task PassAsync(int seconds)
    {
        for (var passed = 0; passed < seconds; passed++) // or what the page asks on the way would be answered with the time at its end
        {
            Now += TimeSpan.FromSeconds(1);
            await Visitor.Page.Clock.RunForAsync(1_000);
        }
    }

    /// <summary>Timers of the page run again, axe's among them, and yet it gets no later: the state stays as it is, however long somebody looks.</summary>
    public async Task StandStillAsync()
    {
        await Visitor.Page.Clock.ResumeAsync();
        await Visitor.Page.Clock.SetFixedTimeAsync(Now);
    }

    /// <summary>The visitor's network is gone, and the browser says so.</summary>
    public Task GoOfflineAsync()
    {
        Manner = Manner.IsAway;
        return Visitor.RunAsync<bool>("() => { Object.defineProperty(navigator, 'onLine', { value: false }); return dispatchEvent(new Event('offline')); }");
    }

    /// <summary>The page asks how things are, as it does after news. It asks twice: the first question may be one that was under way.</summary>
    public Task TellAsync() => Visitor.RunAsync<bool>("async () => { const { check } = await import('/bff.js'); await check(); await check(); return true; }");

    public ValueTask DisposeAsync() => Visitor.DisposeAsync();

    private async Task AnswerAsync(IRoute route)
    {
        var request = route.Request;
        var path = new Uri(request.Url).AbsolutePath;
        if (Manner == Manner.IsSilent || path == "/bff/events" || (path.StartsWith("/api/", StringComparison.Ordinal) && Api.Status == 0)) { return; }
        if (Manner == Manner.IsAway || (Manner == Manner.KnowsAnotherOrigin && request.Headers.ContainsKey("x-csrf")))
        {
            await route.AbortAsync("connectionrefused");
            return;
        }

        if (Manner == Manner.KnowsAnotherOrigin) { await FulfillAsync(route, 403, """{"status":403,"code":"origin_not_allowed"}""", "*"); }
        else if (path == "/bff/silent-login") { await BeginSilentSignInAsync(route); }
        else if (path == "/bff/user") { await FulfillAsync(route, 200, Claims); }
        else if (path.StartsWith("/api/", StringComparison.Ordinal)) { await FulfillAsync(route, Api.Status, Api.Body); }
        else { await FulfillAsync(route, 200, SessionFor(request)); }
    }

    private string SessionFor(IRequest request)
    {
        if (request.Url.EndsWith("slide=true", StringComparison.Ordinal))
        {
            KeptAlive++;
            Use();
        }

        var ends = _usedUntil < _absoluteEnd ? _usedUntil : _absoluteEnd;
        return JsonSerializer.Serialize<object>(_isSignedIn
            ? new
            {
                isLoggedIn = true,
                name = "Alice Adams",
                sub = "alice",
                now = Now,
                accessTokenExpiresAt = _tokenUntil,
                renewsAt = IsSilent ? (DateTime?)null : _renewsAt,
                sessionExpiresAt = ends,
                absoluteEndsAt = _absoluteEnd,
                renewal = IsSilent ? "silent" : "background",
                renewalError = RenewalError,
                logoutUrl = "/bff/logout?sid=1",
            }
            : new { isLoggedIn = false, now = Now, reason = Reason });
    }

    private static string Claims => """
        [{"type":"sub","value":"alice"},{"type":"name","value":"Alice Adams"},{"type":"preferred_username","value":"alice"},{"type":"email","value":"alice@demo.example"},
         {"type":"role","value":"reader"},{"type":"role","value":"editor"},{"type":"auth_time","value":"1772444400"},{"type":"iss","value":"http://localhost:5001/"},
         {"type":"http://schemas.example.org/ws/2005/05/identity/claims/a-claim-with-a-very-long-name","value":"a value that is quite long too, and has no place to break it-at-all-whatever-one-does"},
         {"type":"bff:session_expires_in","value":1799},{"type":"bff:logout_url","value":"/bff/logout?sid=1"}]
        """;

    // Chromium lets no made-up page lead to a real local one, so both ends of the silent sign-in are made up.
    private Task BeginSilentSignInAsync(IRoute route) => FulfillPageAsync(route, $"""<meta http-equiv="refresh" content="0;url={_silentPage}">""");

    private static Task EndSilentSignInAsync(IRoute route) =>
        FulfillPageAsync(route, "<script>parent.postMessage({ type: 'bff:silent', error: 'login_required' }, '*')</script>");

    private static Task FulfillPageAsync(IRoute route, string body) =>
        route.FulfillAsync(new() { ContentType = "text/html", Body = $"<!doctype html><title>Silent</title>{body}" });

    private static Task FulfillAsync(IRoute route, int status, string body, string? origin = null) => route.FulfillAsync(new()
    {
        Status = status,
        Body = body,
        Headers = new Dictionary<string, string>
        {
            ["Access-Control-Allow-Origin"] = origin ?? new Uri(route.Request.Frame.Url).GetLeftPart(UriPartial.Authority),
            ["Access-Control-Allow-Credentials"] = "true",
            ["Content-Type"] = status < 400 ? "application/json" : "application/problem+json",
        },
    });
}
