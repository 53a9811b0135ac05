namespace Bff.HostTests;

/// <summary>Routes of the pretend API that browsers reach without script.</summary>
internal static class FetchedRoutes
{
    /// <param name="name">Also the beginning of its path.</param>
    /// <param name="csrf">Its <c>Bff.Csrf</c>.</param>
    /// <param name="metadata">Whatever else it says.</param>
    public static IEnumerable<(string Key, string? Value)> Of(string name, string? csrf, params (string Key, string Value)[] metadata)
    {
        var route = "ReverseProxy:Routes:" + name;
        yield return (route + ":ClusterId", "api");
        yield return (route + ":Match:Path", $"/{name}/{{**rest}}");
        yield return (route + ":AuthorizationPolicy", "default");
        yield return (route + ":Metadata:Bff.Token", "User");
        yield return (route + ":Metadata:Bff.Csrf", csrf);
        foreach (var (key, value) in metadata) { yield return ($"{route}:Metadata:{key}", value); }
    }
}
