using System.Diagnostics;
using System.Net;
using System.Text.Json;

namespace Bff.HostTests.Configuration;

/// <summary>Files that break, go and come back under the running process: what is in use is whole at every moment, and nothing opens that was closed.</summary>
[Trait("Standard", "ASVS-15")]
public sealed class WholeReloadTests
{
    private const string Guards = "appsettings.Production.json";
    private const string Token = "the-operators-own-token";
    private const string Mended = "free of mistakes again";

    [Fact]
    public async Task A_file_that_breaks_and_is_mended_opens_nothing_for_anybody()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["DOTNET_USE_POLLING_FILE_WATCHER"] = "1";   // as in the image
        _ = new SettingsFile(world);
        var guards = Path.Combine(world.Folder, Guards);
        var content = JsonSerializer.Serialize(new Dictionary<string, string>
        {
            ["ReverseProxy:Routes:plain:AuthorizationPolicy"] = "default", ["ReverseProxy:Routes:plain:Metadata:Bff.Token"] = "User", ["Bff:Ops:Token"] = Token,
        });
        Replace(guards, content);
        await world.StartListeningAsync();

        const int rounds = 3;
        using var probes = new Probes(world);
        for (var round = 1; round <= rounds; round++)
        {
            Replace(guards, "{ \"ReverseProxy\": ");
            await Eventually.HappensAsync(() => Count(world, $"{Guards}: cannot be read") == round, "it is refused");
            await probes.RoundAsync();
            Replace(guards, content);
            await Eventually.HappensAsync(() => Count(world, Mended) == round || Count(world, "The configuration was reloaded.") > 0, "it is mended");
            await probes.RoundAsync();
        }

        await probes.EndAsync();
        Count(world, "The configuration was reloaded.").ShouldBe(0, world.Bff.Output);
    }

    [Fact]
    public async Task A_file_that_is_gone_takes_no_guard_with_it()
    {
        await using var world = await RealTimeWorld.StartAsync();
        _ = new SettingsFile(world);
        var guards = Path.Combine(world.Folder, Guards);
        Replace(guards, """{ "ReverseProxy:Routes:plain:AuthorizationPolicy": "default" }""");
        await world.StartListeningAsync();
        using var nobody = world.NewBrowser();
        (await nobody.GetAsync("/plain/echo")).ShouldBeProblem(401, "session_required");

        File.Delete(guards);
        await SaysAsync(world, Guards + ": is gone");
        (await nobody.GetAsync("/plain/echo")).ShouldBeProblem(401, "session_required");

        Replace(guards, """{ "ReverseProxy:Routes:plain:AuthorizationPolicy": "default", "Bff:Spa:Origins:1": "https://app.example" }""");
        await SaysAsync(world, "The configuration was reloaded. Changed: Bff:Spa:Origins:1.");

        Replace(guards, "{}");   // that is meant
        await SaysAsync(world, "ReverseProxy:Routes:plain:AuthorizationPolicy.");
        (await nobody.GetAsync("/plain/echo")).Body.ShouldBe("nobody");
    }

    [Fact]
    public async Task A_token_file_that_is_emptied_before_it_is_written_leaves_the_ops_port_closed()
    {
        await using var world = await RealTimeWorld.StartAsync();
        var file = Path.Combine(world.Folder, "ops-token");
        await File.WriteAllTextAsync(file, Token);
        world.Settings["Bff:Ops:TokenFile"] = file;
        await world.StartListeningAsync();
        (await AsOperatorAsync(world, Token)).ShouldBe(HttpStatusCode.OK);

        await using (var writing = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.ReadWrite))
        {
            await SaysAsync(world, $"Bff:Ops:TokenFile: the file '{file}' is empty.");
            (await AsOperatorAsync(world, null)).ShouldBe(HttpStatusCode.Unauthorized);
            (await AsOperatorAsync(world, Token)).ShouldBe(HttpStatusCode.OK, "the old one stays until there is a new one");
            await writing.WriteAsync("the-operators-next-token"u8.ToArray());
        }

        await SaysAsync(world, "The configuration was reloaded. Changed: Bff:Ops:Token.");
        (await AsOperatorAsync(world, "the-operators-next-token")).ShouldBe(HttpStatusCode.OK);
        (await AsOperatorAsync(world, Token)).ShouldBe(HttpStatusCode.Unauthorized);
        world.Bff.Output.ShouldNotContain("the-operators-next-token");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public async Task A_reload_never_takes_the_ops_token_away(string? instead)
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Ops:Token"] = Token;
        var file = new SettingsFile(world);
        await world.StartListeningAsync();

        file.Edit(("Bff:Ops:Token", instead));

        await SaysAsync(world, "Bff:Ops:Token: is ");
        (await AsOperatorAsync(world, null)).ShouldBe(HttpStatusCode.Unauthorized);
        (await AsOperatorAsync(world, Token)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Links_that_are_swapped_count_as_an_edit()
    {
        await using var world = await RealTimeWorld.StartAsync();
        _ = new SettingsFile(world);
        Volume(1, """{ "ReverseProxy:Routes:plain:AuthorizationPolicy": "default" }""");
        File.CreateSymbolicLink(Path.Combine(world.Folder, "..data"), "..1");
        File.CreateSymbolicLink(Path.Combine(world.Folder, Guards), Path.Combine("..data", Guards));
        await world.StartListeningAsync();

        Volume(2, """{ "ReverseProxy:Routes:plain:AuthorizationPolicy": "default", "Bff:Spa:Origins:1": "https://app.example" }""");
        File.CreateSymbolicLink(Path.Combine(world.Folder, "..new"), "..2");
        using var swap = Process.Start("mv", ["-T", Path.Combine(world.Folder, "..new"), Path.Combine(world.Folder, "..data")]);
        await swap.WaitForExitAsync();

        await SaysAsync(world, "The configuration was reloaded. Changed: Bff:Spa:Origins:1.");

        void Volume(int number, string content) =>
            File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(world.Folder, ".." + number)).FullName, Guards), content);
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_read_is_a_mistake_of_the_edit()
    {
        await using var world = await RealTimeWorld.StartAsync();
        var file = new SettingsFile(world);
        await world.StartListeningAsync();

        file.Edit(("Kestrel:Certificates:Default:Path", "not-there.pfx"), ("Bff:Spa:Origins:1", "https://app.example"));

        await SaysAsync(world, "Kestrel:Certificates:Default:Path: the certificate");
        world.Bff.Output.ShouldNotContain("The configuration was reloaded.");
    }

    private static async Task<HttpStatusCode> AsOperatorAsync(RealTimeWorld world, string? token)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(world.Bff.OpsAddress, "/sessions"));
        if (token is not null) { request.Headers.Add("Authorization", "Bearer " + token); }
        using var answer = await http.SendAsync(request);
        return answer.StatusCode;
    }

    private static int Count(RealTimeWorld world, string line) => world.Bff.Output.Split(line).Length - 1;

    private static Task SaysAsync(RealTimeWorld world, string line) =>
        Eventually.HappensAsync(() => world.Bff.Output.Contains(line, StringComparison.Ordinal), line);

    /// <summary>As editors do.</summary>
    private static void Replace(string file, string content)
    {
        File.WriteAllText(file + ".new", content);
        File.Move(file + ".new", file, overwrite: true);
    }

    /// <summary>Somebody without a session and without a token, who tries all the while.</summary>
    private sealed class Probes : IDisposable
    {
        private readonly HttpClient _http = new();
        private readonly CancellationTokenSource _end = new();
        private readonly Uri _route;
        private readonly Uri _ops;
        private readonly Task _probing;
        private int _rounds;

        public Probes(RealTimeWorld world)
        {
            (_route, _ops) = (new Uri(world.Bff.Address, "/plain/echo"), new Uri(world.Bff.OpsAddress, "/sessions"));
            _probing = Task.Run(ProbeAsync);
        }

        /// <summary>Two more of each have been answered.</summary>
        public Task RoundAsync()
        {
            var seen = Volatile.Read(ref _rounds);
            return Eventually.HappensAsync(() => _probing.IsCompleted || Volatile.Read(ref _rounds) >= seen + 2, "probes are answered");
        }

        public async Task EndAsync()
        {
            await _end.CancelAsync();
            await _probing;
        }

        private async Task ProbeAsync()
        {
            while (!_end.IsCancellationRequested)
            {
                using var call = new HttpRequestMessage(HttpMethod.Delete, _route);
                using var called = await _http.SendAsync(call);
                called.StatusCode.ShouldBe(HttpStatusCode.Forbidden);   // the CSRF header is missing
                using var asked = await _http.GetAsync(_ops);
                asked.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
                Interlocked.Increment(ref _rounds);
                await Eventually.ShortlyAsync();
            }
        }

        public void Dispose()
        {
            _http.Dispose();
            _end.Dispose();
        }
    }
}
