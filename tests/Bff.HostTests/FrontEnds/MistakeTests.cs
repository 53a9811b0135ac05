namespace Bff.HostTests.FrontEnds;

/// <summary>Each mistake is one line under its key, and nothing starts.</summary>
public sealed class MistakeTests
{
    private const string Reserved = "/bff, /signin-oidc, /signout-callback-oidc are paths of Bff itself";

    private static readonly (string Key, string? Value, string Mistake)[] Mistakes =
    [
        ("Bff:FrontEnds:Shop:PathBase", "/capital", "Bff:FrontEnds:Shop: is not a name"),
        ("Bff:FrontEnds:default:PathBase", "/default", "Bff:FrontEnds:default: is the one that is configured without a name"),
        ("Bff:FrontEnds:a-name-that-is-longer-than-any-name-may-be:PathBase", "/long", "Bff:FrontEnds:a-name-that-is-longer-than-any-name-may-be: is not a"),
        ("Bff:FrontEnds:none:Scope", "openid", "Bff:FrontEnds:none:Hosts: or PathBase is required"),
        ("Bff:FrontEnds:own:PathBase", "/bff", $"Bff:FrontEnds:own:PathBase: must not be /bff, since {Reserved}"),
        ("Bff:FrontEnds:callback:PathBase", "/Signin-oidc/x", "Bff:FrontEnds:callback:PathBase: must not be /Signin-oidc/x"),
        ("Bff:FrontEnds:outer:PathBase", "/outer", ""),
        ("Bff:FrontEnds:outerown:PathBase", "/outer/bff", "Bff:FrontEnds:outerown:PathBase: must not be /outer/bff"),
        ("Bff:FrontEnds:twin:PathBase", "/OUTER", "Bff:FrontEnds:twin: has an address of outer"),
        ("Bff:FrontEnds:slash:PathBase", "slash", "Bff:FrontEnds:slash:PathBase: is not a path"),
        ("Bff:FrontEnds:dots:PathBase", "/a/../b", "Bff:FrontEnds:dots:PathBase: is not a path"),
        ("Bff:FrontEnds:double:PathBase", "//evil", "Bff:FrontEnds:double:PathBase: is not a path"),
        ("Bff:FrontEnds:end:PathBase", "/end/", "Bff:FrontEnds:end:PathBase: is not a path"),
        ("Bff:FrontEnds:hosts:Hosts:0", "https://x.example", "Bff:FrontEnds:hosts:Hosts:0: 'https://x.example' is not a host"),
        ("Bff:FrontEnds:hosts:Hosts:1", "x.example.", "Bff:FrontEnds:hosts:Hosts:1: 'x.example.' is not a host"),
        ("Bff:FrontEnds:hosts:Hosts:2", "x.example/a", "Bff:FrontEnds:hosts:Hosts:2: 'x.example/a' is not a host"),
        ("Bff:FrontEnds:hosts:Hosts:3", "*.example", "Bff:FrontEnds:hosts:Hosts:3: '*.example' is not a host"),
        ("Bff:FrontEnds:hosts:Hosts:4", "x.example:port", "Bff:FrontEnds:hosts:Hosts:4: 'x.example:port' is not a host"),
        ("Bff:FrontEnds:one:Hosts:0", "one.example", ""),
        ("Bff:FrontEnds:one:Hosts:1", "both.example:443", ""),
        ("Bff:FrontEnds:two:Hosts:0", "Both.example", "Bff:FrontEnds:two: has an address of one"),
        ("Bff:FrontEnds:whole:Hosts:0", "www.example", "Bff:FrontEnds:whole: has an address of default"),
        ("Bff:FrontEnds:published:Hosts:0", "www.example:443", "Bff:FrontEnds:published: has an address of default"),
        ("Bff:FrontEnds:published:PathBase", "/App", ""),
        ("Bff:FrontEnds:served:Hosts:0", "WWW.example", "Bff:FrontEnds:served: has an address of outer"),
        ("Bff:FrontEnds:served:PathBase", "/app/outer", ""),
        ("Bff:FrontEnds:stripped:Hosts:0", "www.example", "Bff:FrontEnds:stripped: has an address of outer"),
        ("Bff:FrontEnds:stripped:PathBase", "/outer", ""),
        ("Bff:FrontEnds:below:PathBase", "/app/below", "Bff:FrontEnds:below:PathBase: leave out /app, which Bff:PublicUrl has already"),
        ("Bff:FrontEnds:lost:PathBase", "/lost", ""),
        ("Bff:FrontEnds:lost:Provider", "nobody", "Bff:FrontEnds:lost:Provider: there is no provider 'nobody'. There are: default"),
        ("Bff:Spa:Provider", "default nowhere", "Bff:Spa:Provider: there is no provider 'nowhere'"),
        ("Bff:FrontEnds:cookie:PathBase", "/cookie", ""),
        ("Bff:FrontEnds:cookie:Cookie:Name", "plain", "Bff:FrontEnds:cookie:Cookie:Name: must start with '__Host-'"),
        ("Bff:FrontEnds:cookie:Cookie:SameSite", "Sometimes", "Bff:FrontEnds:cookie:Cookie:SameSite: '********' cannot be read as one of"),
        ("Bff:FrontEnds:cookie:Cookie:Domain", "x", "Bff:FrontEnds:cookie:Cookie:Domain: is not a setting"),
        ("Bff:FrontEnds:same:PathBase", "/same", ""),
        ("Bff:FrontEnds:same:Cookie:Name", "__Host-BFF", "Bff:FrontEnds:same:Cookie:Name: is that of default"),
        ("Bff:FrontEnds:taken:PathBase", "/taken", ""),
        ("Bff:FrontEnds:taken:Cookie:Name", "__Host-bff.outer", "Bff:FrontEnds:taken:Cookie:Name: is that of outer"),
        ("Bff:FrontEnds:times:PathBase", "/times", ""),
        ("Bff:FrontEnds:times:IdleTimeout", "2h", "Bff:FrontEnds:times:IdleTimeout: must not be longer than AbsoluteTimeout"),
        ("Bff:FrontEnds:times:AbsoluteTimeout", "1h", ""),
        ("Bff:FrontEnds:times:Idle", "1h", "Bff:FrontEnds:times:Idle: is not a setting"),
        ("ReverseProxy:Routes:api:Metadata:Bff.FrontEnd", "shop", "ReverseProxy:Routes:api:Metadata:Bff.FrontEnd: there is no front end 'shop'"),
        ("Bff:Providers:Upper:Authority", "https://upper.example", "Bff:Providers:Upper: is not a name"),
        ("Bff:Providers:demo:Authority", "https://demo.example", ""),
        ("Bff:Providers:demo:ClientId", "demo", ""),
        ("Bff:Providers:demo:ClientSecret", "demo-only-secret", "Bff:Providers:demo:ClientSecret: is the demo's"),
        ("Bff:Providers:files:Authority", "https://files.example", ""),
        ("Bff:Providers:files:ClientId", "files", ""),
        ("Bff:Providers:files:ClientSecretFile", "/not/mounted", "Bff:Providers:files:ClientSecretFile: "),
        ("Bff:Providers:plain:Authority", "http://plain.example", "Bff:Providers:plain:Authority: must use https"),
        ("Bff:Providers:plain:ClientId", "plain", ""),
        ("Bff:Providers:plain:ClientSecret", "a-secret-nobody-prints", ""),
        ("Bff:Providers:empty:Scope", "openid", "Bff:Providers:empty:Authority: is required"),
    ];

    [Fact]
    public async Task Every_mistake_of_front_ends_and_providers_is_a_line_under_its_key()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:PublicUrl"] = "https://www.example/app";
        foreach (var (key, value, _) in Mistakes) { world.Settings[key] = value; }

        var (exitCode, output) = await world.RunAsync();

        exitCode.ShouldBe(78, output);
        Mistakes.Where(one => one.Mistake.Length > 0 && !output.Contains("- " + one.Mistake, StringComparison.Ordinal)).Select(one => one.Mistake)
            .ShouldBeEmpty(output);
        output.ShouldNotContain("a-secret-nobody-prints");
        output.ShouldNotContain("demo-only-secret");
        output.ShouldNotContain("   at ");
        output.Split('\n').Count(line => line.Contains("Bff:FrontEnds:outer:", StringComparison.Ordinal)).ShouldBe(0, "nothing is wrong with that one");
    }

    [Theory]
    [InlineData("Bff:Providers", "staff", "Bff:Providers: has sections below it")]
    [InlineData("Bff:FrontEnds", "admin", "Bff:FrontEnds: has sections below it")]
    [InlineData("Bff:FrontEnds:admin", "/admin", "Bff:FrontEnds:admin: has settings below it")]
    [InlineData("Bff:Providers:staff", "https://staff.example", "Bff:Providers:staff: has settings below it")]
    public async Task A_value_where_sections_belong_is_said(string key, string value, string mistake)
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings[key] = value;
        var (exitCode, output) = await world.RunAsync();
        exitCode.ShouldBe(78, output);
        output.ShouldContain("- " + mistake);
    }

    [Fact]
    public async Task A_cookie_for_frames_of_other_sites_has_to_be_secure()
    {
        const string Mistake = "'None' needs a Secure cookie, and Bff:Sessions:InsecureCookie is on.";
        await using var world = await RealTimeWorld.StartAsync();
        (world.Settings["Bff:Sessions:InsecureCookie"], world.Settings["Bff:FrontEnds:admin:PathBase"]) = ("true", "/admin");
        (world.Settings["Bff:Sessions:CookieSameSite"], world.Settings["Bff:FrontEnds:admin:Cookie:SameSite"]) = ("None", "none");

        var (exitCode, output) = await world.RunAsync();

        exitCode.ShouldBe(78, output);
        output.ShouldContain("- Bff:Sessions:CookieSameSite: " + Mistake);
        output.ShouldContain("- Bff:FrontEnds:admin:Cookie:SameSite: " + Mistake);

        world.Settings["Bff:Sessions:InsecureCookie"] = "false";
        (exitCode, output) = await world.RunAsync("check");
        exitCode.ShouldBe(0, output);
    }

    [Fact]
    public async Task One_client_is_one_provider()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Providers:again:Authority"] = world.Provider.Issuer + "/";
        world.Settings["Bff:Providers:again:ClientId"] = PretendProvider.ClientId;
        world.Settings["Bff:Providers:again:ClientSecret"] = PretendProvider.ClientSecret;
        world.Settings["Bff:Providers:again:RequireHttps"] = "false";
        var (exitCode, output) = await world.RunAsync();
        exitCode.ShouldBe(78, output);
        output.ShouldContain("- Bff:Providers:again:ClientId: is that of default at the same Authority");
    }

    [Fact]
    public async Task The_check_has_a_part_for_each_provider_and_config_prints_no_secret_of_theirs()
    {
        await using var world = await RealTimeWorld.StartAsync();
        await using var staff = await PretendProvider.StartAsync(TimeProvider.System, "admin", "a-secret-nobody-prints");
        foreach (var (key, value) in TwoProviders.Settings(staff)) { world.Settings[key] = value; }

        var (exitCode, output) = await world.RunAsync("check");
        exitCode.ShouldBe(0, output);
        output.ShouldContain("staff: provider");
        output.ShouldContain("staff: client");

        staff.GoDown();
        (exitCode, output) = await world.RunAsync("check");
        exitCode.ShouldBe(1, output);
        output.ShouldContain("Bff:Providers:staff:Authority: ");

        staff.ComeBack();
        staff.AcceptedSecret = "another";
        (exitCode, output) = await world.RunAsync("check");
        exitCode.ShouldBe(78, output);
        output.ShouldContain("Bff:Providers:staff:ClientSecret: ");

        (_, output) = await world.RunAsync("config");
        output.ShouldNotContain("a-secret-nobody-prints");
        foreach (var shown in new[] { staff.Issuer, "/admin" }) { output.ShouldContain(shown); }
    }
}
