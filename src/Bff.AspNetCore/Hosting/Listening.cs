namespace Bff.Hosting;

/// <summary>Where the public port listens.</summary>
internal static class Listening
{
    /// <summary>Where browsers reach us when nothing else is said.</summary>
    public const string DefaultAddress = "http://localhost:3001";

    /// <summary>Kestrel's own endpoints say where to listen. The one called Ops is not public, nor is Gateway where Bff listens for one.</summary>
    public static bool HasPublicEndpoint(IConfiguration configuration) => PublicEndpoints(configuration).Any();

    /// <summary>Where the public port is told to listen: Kestrel's endpoints, else plain addresses.</summary>
    public static IReadOnlyList<string> PublicAddresses(IConfiguration configuration)
    {
        if (HasPublicEndpoint(configuration))
        {
            return [.. PublicEndpoints(configuration).Select(endpoint => endpoint["Url"] ?? "")];
        }

        string[] addresses = Split(configuration[WebHostDefaults.ServerUrlsKey]);
        return addresses.Length > 0
            ? addresses
            : [.. Ports(WebHostDefaults.HttpPortsKey, Uri.UriSchemeHttp), .. Ports(WebHostDefaults.HttpsPortsKey, Uri.UriSchemeHttps)];

        IEnumerable<string> Ports(string key, string scheme) => Split(configuration[key]).Select(port => $"{scheme}://*:{port}");
        static string[] Split(string? list) => (list ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    }

    private static IEnumerable<IConfigurationSection> PublicEndpoints(IConfiguration configuration)
    {
        string[] others = string.IsNullOrEmpty(configuration["Bff:Gateway:Url"]) ? ["Ops"] : ["Ops", "Gateway"];
        return configuration.GetSection("Kestrel:Endpoints").GetChildren().Where(endpoint => !others.Contains(endpoint.Key, StringComparer.OrdinalIgnoreCase));
    }
}
