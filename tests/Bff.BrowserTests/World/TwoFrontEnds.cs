using System.Text.Json.Nodes;

namespace Bff.BrowserTests.World;

/// <summary>The demo as <c>DevStack --two</c> has it, at one origin: two pages, two providers, two APIs, and a configuration file that can be edited.</summary>
internal sealed class TwoFrontEnds : IAsyncDisposable
{
    public const string OfficeCookie = "__Host-bff.office";

    private const string LoopbackProxy = "127.0.0.1/32";

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("bff-two-");
    private readonly List<DemoProcess> _processes = [];

    private TwoFrontEnds(string publicUrl, (string Key, string Value)[] settings)
    {
        (PublicUrl, ConfigFile) = (publicUrl, Path.Combine(_data.FullName, "bff.json"));
        File.Copy(Path.Combine(SourceTree.FolderOf("DevStack"), "two.json"), ConfigFile);
        Provider = AddProvider("provider", Demo.ProviderUrl, ("DevStack__BffUrl", publicUrl));
        Staff = AddProvider("staff", StaffUrl, ("DevStack__BffUrl", OfficeUrl), ("DevStack__ProviderName", "staff"));
        Add("api", "DevStack", Demo.ApiUrl, "/api/public", ["api"], ("DevStack__Authority", Demo.ProviderUrl));
        Add("staff's api", "DevStack", StaffApiUrl, "/api/public", ["api"], ("DevStack__Authority", StaffUrl));
        Add("page", "SpaStatic", Demo.PageUrl, "/", [], ("Spa__BffUrl", publicUrl), ("Spa__ProviderOrigins__0", Demo.ProviderUrl));
        Add("office", "SpaStatic", OfficePageUrl, "/", [], ("Spa__Title", "Back office"), ("Spa__BffUrl", publicUrl), ("Spa__ProviderOrigins__0", StaffUrl));
        Add("bff", "Bff", Demo.BffUrl, "/bff/session", ["--config", ConfigFile],
        [
            ("Bff__Oidc__Authority", Demo.ProviderUrl), ("Bff__Providers__staff__Authority", StaffUrl),
            ("Bff__Spa__Url", Demo.PageUrl), ("Bff__FrontEnds__office__Url", OfficePageUrl),
            ("Bff__Ops__Url", Demo.OpsUrl), ("Bff__TrustedProxies__0", LoopbackProxy),
            ("Bff__Sessions__ConnectionString", $"Data Source={Path.Combine(_data.FullName, "bff", "bff.db")}"),
            ("ReverseProxy__Clusters__api__Destinations__demo__Address", Demo.ApiUrl),
            ("ReverseProxy__Clusters__office__Destinations__demo__Address", StaffApiUrl),
            .. settings,
        ]);
    }

    /// <summary>Where browsers find Bff, and the front end without a name.</summary>
    public string PublicUrl { get; }

    public string OfficeUrl => PublicUrl + "/office";

    public string ThirdUrl => PublicUrl + "/third";

    public string ConfigFile { get; }

    public DemoProcess Provider { get; }

    public DemoProcess Staff { get; }

    private static string StaffUrl => $"http://localhost:{Ports.Of(5)}";

    private static string OfficePageUrl => $"http://localhost:{Ports.Of(8)}";

    private static string StaffApiUrl => $"http://localhost:{Ports.Of(9)}";

    /// <param name="publicUrl">Where something in front of Bff is; nothing: Bff itself.</param>
    /// <param name="settings">Settings of Bff beside those of the demo.</param>
    public static async Task<TwoFrontEnds> StartAsync(string? publicUrl = null, params (string Key, string Value)[] settings)
    {
        var two = new TwoFrontEnds(publicUrl ?? Demo.BffUrl, settings);
        try
        {
            foreach (var process in two._processes) { process.Launch(); }
            await Task.WhenAll(two._processes.Select(process => process.WaitUntilReadyAsync()));
            return two;
        }
        catch
        {
            await two.DisposeAsync();
            throw;
        }
    }

    /// <summary>Edits the file that Bff reads, and nothing else.</summary>
    public void AddFrontEnd(string name, JsonObject settings)
    {
        var root = JsonNode.Parse(File.ReadAllText(ConfigFile))!;
        root["Bff"]!["FrontEnds"]![name] = settings;
        File.WriteAllText(ConfigFile, root.ToJsonString());
    }

    private DemoProcess AddProvider(string name, string url, params (string Key, string Value)[] environment) =>
        Add(name, "DevStack", url, "/.well-known/openid-configuration", ["provider"],
        [
            ("DevStack__AdditionalBffUrls__0", ThirdUrl), ("DevStack__DataDirectory", Path.Combine(_data.FullName, name)),
            ("DevStack__AccessTokenLifetime", "00:00:10"), .. environment,
        ]);

    private DemoProcess Add(string name, string project, string url, string probe, string[] arguments, params (string Key, string Value)[] environment)
    {
        var process = new DemoProcess(name, project, url, probe, arguments);
        foreach (var (key, value) in environment) { process.Environment[key] = value; }
        _processes.Add(process);
        return process;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"---- {process.Name}\n{process.TakeOutput()}");
            await process.DisposeAsync();
        }

        _data.Delete(recursive: true);
    }
}
