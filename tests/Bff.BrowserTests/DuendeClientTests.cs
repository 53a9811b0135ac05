using Bff.BrowserTests.World;

namespace Bff.BrowserTests;

/// <summary>
/// A page written for Duende.BFF 4, as <c>docs/migrating/duende-bff.md</c> promises: it knows Bff's addresses, three claims, one header and one message, and
/// nothing of <c>bff-js</c>.
/// </summary>
public sealed class DuendeClientTests(Chromium chromium)
{
    private const string Client =
        """
        <!doctype html>
        <title>A client of Duende.BFF</title>
        <a id="login" href="/bff/login?returnUrl=/app">Sign in</a>
        <a id="logout" hidden>Sign out</a>
        <button id="call">Call the API</button>
        <p id="name"></p> <p id="answer"></p> <p id="silent"></p>
        <iframe id="frame" hidden></iframe>
        <script type="module">
          const show = (id, text) => { document.getElementById(id).textContent = text; };
          const get = (path) => fetch(path, { headers: { 'X-CSRF': '1' } });

          addEventListener('message', ({ data }) => {
            if (data?.source === 'bff-silent-login') show('silent', data.isLoggedIn);
          });
          document.getElementById('call').onclick = async () => {
            const response = await get('/api/private');
            show('answer', response.status);
          };

          const response = await get('/bff/user');
          if (response.ok) {
            const claims = await response.json();
            const claim = (type) => claims.find((each) => each.type === type)?.value;
            show('name', claim('name'));
            const logout = document.getElementById('logout');
            logout.href = claim('bff:logout_url');
            logout.hidden = false;
            document.body.dataset.state = Number(claim('bff:session_expires_in')) > 0 ? 'signed-in' : 'over';
          } else if (response.status === 401) document.body.dataset.state = 'signed-out';
        </script>
        """;

    [Fact]
    public async Task A_client_of_Duende_BFF_signs_in_reads_claims_calls_signs_in_silently_and_signs_out_without_a_change_also_with_a_service_worker()
    {
        var server = $"http://localhost:{Ports.Of(6)}";
        await using var pages = await PageServer.StartAsync(server,
            ("/app", "text/html", Client), ("/", "text/html", Client),
            ("/silent", "text/html", Documentation.Block("docs/migrating/duende-bff.md", "<!-- silent.html -->")),
            ("/worker.js", "text/javascript", Documentation.Block("docs/hosting.md", "// worker.js")));
        await using var demo = await Demo.StartAsync(TimeSpan.FromMinutes(5), ("Bff__Spa__Origins__0", Demo.BffUrl), ("Bff__Spa__Url", server));
        await using var alice = await chromium.VisitAsync(url: Demo.BffUrl + "/app");

        await alice.SignInAsync("alice");

        alice.Page.Url.ShouldBe(Demo.BffUrl + "/app");
        await SeesAsync("#name", "Alice Adams");

        await alice["#call"].ClickAsync();
        await SeesAsync("#answer", "200");

        await alice.RunAsync<object?>("() => { document.getElementById('frame').src = '/bff/silent-login'; }");
        await SeesAsync("#silent", "true");

        await alice["#logout"].ClickAsync();
        await alice.SeesStateAsync("signed-out");
        alice.Page.Url.ShouldBe(Demo.BffUrl + "/");

        await alice.RunAsync<object?>("async () => { await navigator.serviceWorker.register('/worker.js'); await navigator.serviceWorker.ready; }");
        await alice.Page.ReloadAsync();
        (await alice.RunAsync<bool>("() => navigator.serviceWorker.controller !== null")).ShouldBeTrue();
        await alice.SignInAsync("alice");
        await alice["#call"].ClickAsync();
        await SeesAsync("#answer", "200");

        Task SeesAsync(string selector, string text) => Microsoft.Playwright.Assertions.Expect(alice[selector]).ToHaveTextAsync(text);
    }
}
