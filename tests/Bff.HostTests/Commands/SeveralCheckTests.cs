namespace Bff.HostTests.Commands;

/// <summary><c>bff check</c> where there are several providers and front ends.</summary>
public sealed class SeveralCheckTests
{
    [Fact]
    public async Task Providers_that_all_have_names_are_enough()
    {
        await using var world = await RealTimeWorld.StartAsync();
        await using var customers = await PretendProvider.StartAsync(TimeProvider.System, "shop", "the-secret-of-the-shop");
        Rename(world, "staff");
        Add(world, customers, "customers");
        world.Settings["Bff:FrontEnds:shop:PathBase"] = "/shop";
        world.Settings["Bff:FrontEnds:shop:Origins:0"] = Browser.SpaOrigin;
        world.Settings["Bff:FrontEnds:shop:Provider"] = "customers";
        world.Settings["Bff:Spa:Provider"] = "staff";

        var (exitCode, output) = await world.RunAsync("check");

        exitCode.ShouldBe(0, output);
        RowOf("store", output).ShouldContain("written, read and deleted");
        RowOf("staff: provider", output).ShouldContain(" ok");
        RowOf("customers: provider", output).ShouldContain(" ok");
        output.ShouldNotContain("->");
    }

    [Fact]
    public async Task A_pushed_request_is_tried_as_each_front_end_makes_it()
    {
        await using var world = await RealTimeWorld.StartAsync();
        await using var staff = await PretendProvider.StartAsync(TimeProvider.System, "office", "the-secret-of-the-office");
        staff.OffersPushedRequests = true;
        Add(world, staff, "staff");
        world.Settings["Bff:PublicUrl"] = "https://app.example.com";
        world.Settings["Bff:FrontEnds:office:PathBase"] = "/office";
        world.Settings["Bff:FrontEnds:office:Origins:0"] = Browser.SpaOrigin;
        world.Settings["Bff:FrontEnds:office:Provider"] = "staff";
        world.Settings["Bff:FrontEnds:office:Scope"] = "openid offline_access office";
        world.Settings["Bff:FrontEnds:office:Audience"] = "https://office-api.example.com";
        world.Settings["Bff:FrontEnds:partner:Hosts:0"] = "partner.example.com";
        world.Settings["Bff:FrontEnds:partner:Origins:0"] = Browser.SpaOrigin;
        world.Settings["Bff:FrontEnds:partner:Provider"] = "staff";

        var (exitCode, output) = await world.RunAsync("check");

        exitCode.ShouldBe(0, output);
        output.ShouldContain("accepted, with https://app.example.com/office/signin-oidc/staff of front end office");
        output.ShouldContain("accepted, with https://partner.example.com/signin-oidc/staff of front end partner");
        output.ShouldNotContain("https://app.example.com/signin-oidc/staff");
        var tried = staff.Pushed.ToDictionary(form => form["redirect_uri"]);
        tried.Count.ShouldBe(2);
        tried["https://app.example.com/office/signin-oidc/staff"]["scope"].ShouldBe("openid offline_access office");
        tried["https://app.example.com/office/signin-oidc/staff"]["audience"].ShouldBe("https://office-api.example.com");
        tried["https://partner.example.com/signin-oidc/staff"]["scope"].ShouldBe("openid profile offline_access");
    }

    [Fact]
    public async Task Says_what_to_register_at_each_provider()
    {
        await using var world = await RealTimeWorld.StartAsync();
        await using var staff = await PretendProvider.StartAsync(TimeProvider.System, "office", "the-secret-of-the-office");
        var alone = RowOf("register", (await world.RunAsync("check")).Output);
        alone.ShouldContain("/signin-oidc, post-logout redirect URI http://");
        alone.ShouldContain("Bff:PublicUrl");

        Add(world, staff, "staff");
        world.Settings["Bff:PublicUrl"] = "https://app.example.com/base";
        world.Settings["Bff:FrontEnds:office:PathBase"] = "/office";
        world.Settings["Bff:FrontEnds:office:Origins:0"] = Browser.SpaOrigin;
        var output = (await world.RunAsync("check")).Output;
        RowOf("register", output).ShouldContain("redirect URI https://app.example.com/base/office/signin-oidc, post-logout redirect URI "
            + "https://app.example.com/base/office/signout-callback-oidc of front end office");
        RowOf("staff: register", output).ShouldContain("no front end uses this provider");

        world.Settings["Bff:FrontEnds:office:Provider"] = "staff";
        output = (await world.RunAsync("check")).Output;
        RowOf("staff: register", output).ShouldContain("https://app.example.com/base/office/signout-callback-oidc/staff of front end office");
        RowOf("register", output).ShouldNotContain("office");
    }

    [Fact]
    public async Task An_issuer_for_each_tenant_needs_a_template()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Provider.ShapeMetadata = metadata => metadata["issuer"] = "https://login.example.com/{tenantid}/v2.0";

        var (exitCode, output) = await world.RunAsync("check");

        exitCode.ShouldBe(78, output);
        RowOf("provider", output).ShouldContain("set Bff:Oidc:IssuerTemplate to the one it names, and Tenants");
    }

    [Fact]
    public async Task A_preset_without_offline_access_is_meant_so()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Oidc:Preset"] = "keycloak";
        RowOf("scope", (await world.RunAsync("check")).Output).ShouldContain(" ok");

        world.Settings["Bff:Oidc:Preset"] = "Auth0";   // says nothing of scopes
        world.Settings["Bff:Oidc:Scope"] = "openid";
        RowOf("scope", (await world.RunAsync("check")).Output).ShouldContain("add offline_access");
    }

    [Fact]
    public async Task A_slash_at_the_end_is_seen_where_it_is_the_mistake()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Spa:Origins:0"] = "https://app.example.com/";
        (await world.RunAsync("check")).Output.ShouldContain("Bff:Spa:Origins:0: 'https://app.example.com/' is not an origin");

        world.Settings.Remove("Bff:Spa:Origins:0");
        world.Settings["Bff:Oidc:Authority"] = world.Provider.Issuer + "/sts/";
        var output = (await world.RunAsync("check")).Output;
        output.ShouldContain(world.Provider.Issuer + "/sts/.well-known/openid-configuration");
    }

    [Fact]
    public async Task A_page_that_cannot_be_reached_is_named_by_its_front_end()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:FrontEnds:admin:PathBase"] = "/admin";
        world.Settings["Bff:FrontEnds:admin:Url"] = "http://127.0.0.1:9";

        var (exitCode, output) = await world.RunAsync("check");

        exitCode.ShouldBe(1, output);
        output.ShouldContain("Bff:FrontEnds:admin:Url: http://127.0.0.1:9 does not respond");
        output.ShouldNotContain("bff-spa");
    }

    [Fact]
    public async Task A_path_over_a_route_and_a_front_end_without_a_page_are_remarked()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:FrontEnds:admin:PathBase"] = "/api";

        var (exitCode, output) = await world.RunAsync("check");

        exitCode.ShouldBe(0, output);
        RowOf("routes", output).ShouldContain("Bff:FrontEnds:admin:PathBase: what is below /api is this front end's, so '/api/{**rest}'");
        RowOf("front ends", output).ShouldContain("Bff:FrontEnds:admin: has neither Url nor Origins");
    }

    [Fact]
    public async Task What_is_called_default_where_names_belong_has_one_mistake()
    {
        await using var world = await RealTimeWorld.StartAsync();
        Rename(world, "default");

        var (exitCode, output) = await world.RunAsync("check");

        exitCode.ShouldBe(78, output);
        output.ShouldContain("Bff:Providers:default: is the one that is configured without a name");
        output.ShouldNotContain("is required");
    }

    [Fact]
    public async Task Names_that_are_asked_for_and_not_there_are_listed_once_or_not_at_all()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:FrontEnds:default:PathBase"] = "/x";
        world.Settings["ReverseProxy:Routes:api:Metadata:Bff.FrontEnd"] = "nope";
        foreach (var key in world.Settings.Keys.Where(key => key.StartsWith("ReverseProxy:Clusters:", StringComparison.Ordinal)).ToList())
        {
            world.Settings.Remove(key);
        }

        var (exitCode, output) = await world.RunAsync("check");

        exitCode.ShouldBe(78, output);
        output.ShouldContain("there is no front end 'nope'. There are: default.");
        output.ShouldContain("there is no cluster 'api' under ReverseProxy:Clusters. Add it.");
    }

    private static void Rename(RealTimeWorld world, string name)
    {
        foreach (var (key, value) in world.Settings.Where(pair => pair.Key.StartsWith("Bff:Oidc:", StringComparison.Ordinal)).ToList())
        {
            world.Settings.Remove(key);
            world.Settings[$"Bff:Providers:{name}:{key["Bff:Oidc:".Length..]}"] = value;
        }
    }

    private static void Add(RealTimeWorld world, PretendProvider provider, string name)
    {
        world.Settings[$"Bff:Providers:{name}:Authority"] = provider.Issuer;
        world.Settings[$"Bff:Providers:{name}:ClientId"] = provider.AcceptedClientId;
        world.Settings[$"Bff:Providers:{name}:ClientSecret"] = provider.AcceptedSecret;
        world.Settings[$"Bff:Providers:{name}:RequireHttps"] = "false";
    }

    /// <summary>The first row of a check, with the lines below it that carry on.</summary>
    private static string RowOf(string check, string output)
    {
        var lines = output.Split('\n').SkipWhile(line => !line.StartsWith(check + " ", StringComparison.Ordinal)).ToList();
        lines.ShouldNotBeEmpty($"no row '{check}' in:\n{output}");
        return string.Join('\n', lines.Take(1).Concat(lines.Skip(1).TakeWhile(line => line.StartsWith(' '))));
    }
}
