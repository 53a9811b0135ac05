using Bff.Forwarding;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace Bff.Commands.Check;

/// <summary>Each destination responds, called with the client that forwards to it.</summary>
internal sealed class ApiChecks(IEnumerable<IProxyConfigProvider> configurations, IForwarderHttpClientFactory clients, TimeProvider clock)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public async Task<IReadOnlyList<Finding>> RunAsync() => await Task.WhenAll(
        from cluster in configurations.SelectMany(provider => provider.GetConfig().Clusters)
        from destination in cluster.Destinations ?? new Dictionary<string, DestinationConfig>()
        select AskAsync(cluster, destination.Key, destination.Value));

    private async Task<Finding> AskAsync(ClusterConfig cluster, string name, DestinationConfig destination)
    {
        var page = SpaRoute.SettingOf(cluster.ClusterId);
        var (check, key) = page is null
            ? ($"api {cluster.ClusterId}/{name}", $"ReverseProxy:Clusters:{cluster.ClusterId}:Destinations:{name}:Address") : ("page", page);
        try
        {
            using var limit = new CancellationTokenSource(Limit, clock);
            using var client = clients.CreateClient(
                new ForwarderHttpClientContext { ClusterId = cluster.ClusterId, NewConfig = cluster.HttpClient ?? HttpClientConfig.Empty,
                    NewMetadata = cluster.Metadata });
            using var request = new HttpRequestMessage(HttpMethod.Head, destination.Address);   // safe, whatever is there (RFC 9110 section 9.2.1)
            using var response = await client.SendAsync(request, limit.Token);
            return new(check, Result.Ok, $"{Printable.Address(destination.Address)} responds ({(int)response.StatusCode} to HEAD)");
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            var cause = error is OperationCanceledException ? $"no response within {Limit.TotalSeconds} s" : error.GetBaseException().Message;
            return new(check, Result.Unreachable,
                $"{key}: {Printable.Address(destination.Address)} does not respond: {cause}",
                $"Is the address right and the {(page is null ? "API" : "server of the page")} up? Can this machine resolve the name and reach the port?");
        }
    }
}
