namespace Bff.HostTests;

/// <summary>The configuration every proxy of these tests starts from.</summary>
internal static class BffSettings
{
    public static Dictionary<string, string?> For(PretendProvider provider, PretendApi api, string databaseFile)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Bff:Oidc:Authority"] = provider.Issuer,
            ["Bff:Oidc:ClientId"] = PretendProvider.ClientId,
            ["Bff:Oidc:ClientSecret"] = PretendProvider.ClientSecret,
            ["Bff:Oidc:RequireHttps"] = "false",
            ["Bff:Renewal:MaxPerSecond"] = "10000",   // in a world whose clock stands still no further place would flow in
            ["Bff:Sessions:ConnectionString"] = "Data Source=" + databaseFile,
            ["Bff:Spa:Origins:0"] = Browser.SpaOrigin,
            ["Bff:Ops:Url"] = "http://127.0.0.1:0",
            ["Bff:Ops:DrainFor"] = "00:00:00",
            ["ReverseProxy:Clusters:api:Destinations:one:Address"] = api.Address,
            ["Logging:Console:LogLevel:Default"] = "None",
        };
        AddRoute(settings, "api", "User", "default");
        AddRoute(settings, "open", "UserOrNone", null);
        AddRoute(settings, "plain", "None", "anonymous");
        return settings;
    }

    private static void AddRoute(Dictionary<string, string?> settings, string name, string token, string? policy)
    {
        var route = "ReverseProxy:Routes:" + name;
        settings[route + ":ClusterId"] = "api";
        settings[route + ":Match:Path"] = $"/{name}/{{**rest}}";
        settings[route + ":Metadata:Bff.Token"] = token;
        if (policy is not null) { settings[route + ":AuthorizationPolicy"] = policy; }
    }
}
