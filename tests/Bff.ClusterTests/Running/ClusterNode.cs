using Bff.HostTests;

namespace Bff.ClusterTests.Running;

/// <summary>A place for one real Bff: its ports stay the same, whichever process has them.</summary>
internal sealed class ClusterNode(RealTimeWorld world) : IAsyncDisposable
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false });

    private BffProcess? _process;

    public Uri Address { get; } = new($"http://127.0.0.1:{FreePort.Find()}");

    public Uri OpsAddress { get; } = new($"http://127.0.0.1:{FreePort.Find()}");

    /// <summary>What it has printed.</summary>
    public string Output => _process?.Output ?? "";

    /// <summary>Starts a process there, also in place of one that has ended. It is ready then.</summary>
    public async Task StartAsync()
    {
        var settings = new Dictionary<string, string?>(world.Settings)
        {
            ["ASPNETCORE_URLS"] = Address.GetLeftPart(UriPartial.Authority),
            ["Bff:Ops:Url"] = OpsAddress.GetLeftPart(UriPartial.Authority),
        };
        if (_process is not null) { await _process.DisposeAsync(); }
        _process = await new BffProcess(world.Folder, settings).ListeningAsync();
        await Eventually.HappensAsync(IsReadyAsync, "a node is ready");
    }

    /// <summary><c>kill -9</c>.</summary>
    public void Kill() => _process!.Kill();

    /// <summary>As a container platform does: asks, and waits until it has gone in good order.</summary>
    public async Task StopAsync()
    {
        _process!.Terminate();
        (await _process.ExitCodeAsync()).ShouldBe(0, _process.Output);
    }

    /// <summary>A browser that talks to this node alone, with the cookie of another.</summary>
    public Browser Open(string session)
    {
        var browser = new Browser(() => new UriBuilder(Address) { Host = "localhost" }.Uri, world.Provider.Address, TimeProvider.System);
        browser.Cookies.Set(Browser.SessionCookie, session);
        return browser;
    }

    public async Task<HttpResponseMessage> OperateAsync(HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, new Uri(OpsAddress, path));
        return await Http.SendAsync(request);
    }

    private async Task<bool> IsReadyAsync()
    {
        using var answer = await OperateAsync(HttpMethod.Get, "/readyz");
        return answer.IsSuccessStatusCode;
    }

    public ValueTask DisposeAsync() => _process?.DisposeAsync() ?? ValueTask.CompletedTask;
}
