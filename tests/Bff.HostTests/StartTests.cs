using System.Net;
using System.Net.Sockets;

namespace Bff.HostTests;

public sealed class StartTests
{
    private const int ConfigurationError = 78;

    [Fact]
    public async Task Every_mistake_in_the_configuration_is_listed_at_once_under_its_key()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings.Remove("Bff:Oidc:ClientId");
        world.Settings["Bff:Oidc:Authority"] = "login.example.com";
        world.Settings["Bff:Oidc:Scope"] = "profile";
        world.Settings["Bff:Oidc:Secret"] = "misspelt";
        world.Settings["Bff:Sessions:CookieName"] = "session";
        world.Settings["Bff:Sessions:IdleTimeout"] = "half an hour";
        world.Settings["Bff:Renewal:Lead"] = "-00:01:00";
        world.Settings["Bff:Renewal:MaxConcurrency"] = "0";
        world.Settings["Bff:Renewal:TokenTimeout"] = "00:00:00";
        world.Settings["Bff:Ops:Url"] = "http://0.0.0.0:0";
        world.Settings["Bff:Ops:DrainFor"] = "01:00:00";
        world.Settings["Bff:Spa:Origins:0"] = "http://localhost:5000/";
        world.Settings["Bff:TrustedProxies:0"] = "everybody";
        world.Settings["ReverseProxy:Routes:api:Metadata:Bff.Token"] = "Usr";
        world.Settings["ReverseProxy:Routes:open:ClusterId"] = "nowhere";

        var process = world.Start();

        (await process.ExitCodeAsync()).ShouldBe(ConfigurationError);
        foreach (var key in new[]
        {
            "Bff:Oidc:ClientId", "Bff:Oidc:Authority", "Bff:Oidc:Scope", "Bff:Oidc:Secret", "Bff:Sessions:CookieName", "Bff:Sessions:IdleTimeout", "Bff:Renewal:Lead",
            "Bff:Renewal:MaxConcurrency", "Bff:Renewal:TokenTimeout", "Bff:Ops:Token", "Bff:Ops:DrainFor", "Bff:Spa:Origins:0", "Bff:TrustedProxies:0", "ReverseProxy:Routes:api:Metadata:Bff.Token", "ReverseProxy:Routes:open:ClusterId",
        })
        {
            process.Errors.ShouldContain("- " + key + ": ");
        }

        process.Errors.ShouldNotContain(PretendProvider.ClientSecret);
        ShouldHaveNoStackTrace(process);
        Directory.Exists(Path.Combine(world.Folder, "data")).ShouldBeFalse("a wrong configuration touches no disk");
    }

    [Fact]
    public async Task A_secret_file_that_is_not_there_is_a_mistake_under_its_key()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings.Remove("Bff:Oidc:ClientSecret");
        world.Settings["Bff:Oidc:ClientSecretFile"] = Path.Combine(world.Folder, "not-mounted");
        var process = world.Start();
        (await process.ExitCodeAsync()).ShouldBe(ConfigurationError);
        process.Errors.ShouldContain("Bff:Oidc:ClientSecretFile");
    }

    [Fact]
    public async Task A_port_in_use_is_one_clear_line()
    {
        await using var world = await RealTimeWorld.StartAsync();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var address = "http://" + other.LocalEndpoint;
        world.Settings["ASPNETCORE_URLS"] = address;

        var process = world.Start();

        (await process.ExitCodeAsync()).ShouldNotBe(0);
        process.Errors.ShouldContain(address);
        process.Errors.ShouldContain("ASPNETCORE_URLS");
        process.Errors.Trim().Split('\n').Length.ShouldBe(1);
        ShouldHaveNoStackTrace(process);
    }

    [Fact]
    public async Task A_database_folder_that_cannot_be_made_is_named_with_its_key()
    {
        await using var world = await RealTimeWorld.StartAsync();
        var file = Path.Combine(world.Folder, "a-file");
        await File.WriteAllTextAsync(file, "in the way");
        world.Settings["Bff:Sessions:ConnectionString"] = $"Data Source={file}/bff.db";

        var process = world.Start();

        (await process.ExitCodeAsync()).ShouldBe(ConfigurationError);
        process.Errors.ShouldContain("Bff:Sessions:ConnectionString");
        process.Errors.ShouldContain(file);
        ShouldHaveNoStackTrace(process);
    }

    [Fact]
    public async Task A_database_file_that_is_none_is_named_with_its_key()
    {
        await using var world = await RealTimeWorld.StartAsync();
        var file = Path.Combine(world.Folder, "bff.db");
        await File.WriteAllTextAsync(file, new string('x', 8192));
        world.Settings["Bff:Sessions:ConnectionString"] = "Data Source=" + file;

        var process = world.Start();

        (await process.ExitCodeAsync()).ShouldBe(ConfigurationError);
        process.Errors.ShouldContain("Bff:Sessions:ConnectionString");
        ShouldHaveNoStackTrace(process);
    }

    [Fact]
    public async Task The_address_of_the_environment_counts_beside_the_settings_that_are_shipped()
    {
        await using var world = await RealTimeWorld.StartAsync();
        File.Copy(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), Path.Combine(world.Folder, "appsettings.json"));
        world.Settings["ASPNETCORE_URLS"] = "http://127.0.0.1:0";

        await world.StartListeningAsync();

        world.Bff.Address.Port.ShouldNotBe(3001);
    }

    [Fact]
    public async Task Starting_needs_no_provider_and_says_where_it_listens()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Provider.GoDown();
        await world.StartListeningAsync();
        using var browser = world.NewBrowser();

        (await browser.GetAsync("/bff/session")).Status.ShouldBe(HttpStatusCode.OK);
        (await browser.StepAsync("/bff/login", accept: "*/*")).ShouldBeProblem(503, "provider_unavailable");

        world.Provider.ComeBack();
        await Eventually.HappensAsync(async () =>
        {
            await browser.OpenAsync("/bff/login?login_hint=alice");
            return browser.Session is not null;
        }, "the metadata are asked for again");
        (await browser.GetAsync("/api/echo")).Body.ShouldBe("alice");
        world.Bff.Output.ShouldNotContain("dbug:");
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(Path.Combine(world.Folder, "data")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static void ShouldHaveNoStackTrace(BffProcess process) => (process.Output + process.Errors).ShouldNotContain("   at ");
}
