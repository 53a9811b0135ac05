using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Bff.Benchmarks.Account;

/// <summary>In Kestrel's place: a call is a call of a method, without sockets and on the caller's thread. What the host does for each request is done.</summary>
internal sealed class MemoryServer : IServer
{
    private Func<IHeaderDictionary, string, Task<MemoryResponse>>? _call;

    public MemoryServer()
    {
        var addresses = new ServerAddressesFeature();
        addresses.Addresses.Add("http://127.0.0.1:3001");
        Features.Set<IServerAddressesFeature>(addresses);
    }

    public IFeatureCollection Features { get; } = new FeatureCollection();

    public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull
    {
        _call = (headers, path) => CallAsync(application, headers, path);
        return Task.CompletedTask;
    }

    public Task<MemoryResponse> CallAsync(IHeaderDictionary headers, string path) => _call!(headers, path);

    private static async Task<MemoryResponse> CallAsync<TContext>(IHttpApplication<TContext> application, IHeaderDictionary headers, string path)
        where TContext : notnull
    {
        var response = new MemoryResponse();
        var features = new FeatureCollection(20);
        features.Set<IHttpRequestFeature>(new HttpRequestFeature
        {
            Method = HttpMethods.Get, Scheme = "http", Path = path, RawTarget = path, Protocol = HttpProtocol.Http11, Headers = headers,
        });
        features.Set<IHttpResponseFeature>(response);
        features.Set<IHttpResponseBodyFeature>(response);
        features.Set<IHttpConnectionFeature>(new HttpConnectionFeature
        {
            ConnectionId = "1", LocalIpAddress = IPAddress.Loopback, LocalPort = 3001, RemoteIpAddress = IPAddress.Loopback, RemotePort = 40_000,
        });
        features.Set<IHttpRequestLifetimeFeature>(new HttpRequestLifetimeFeature());
        features.Set<IHttpRequestBodyDetectionFeature>(NoBody.Instance);
        var context = application.CreateContext(features);
        await application.ProcessRequestAsync(context);
        await response.CompleteAsync();
        application.DisposeContext(context, exception: null);
        return response;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
    }

    private sealed class NoBody : IHttpRequestBodyDetectionFeature
    {
        public static readonly NoBody Instance = new();

        public bool CanHaveBody => false;
    }
}
