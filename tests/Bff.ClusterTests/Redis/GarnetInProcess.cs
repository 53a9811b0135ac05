using System.Net;
using Garnet;
using Garnet.server;

namespace Bff.ClusterTests.Redis;

/// <summary>Another implementation of the protocol: what works there relies on nothing else.</summary>
[CollectionDefinition(nameof(GarnetInProcess))]
public sealed class GarnetInProcess : RedisKind, ICollectionFixture<GarnetInProcess>
{
    private readonly int _port = FreePort.Find();
    private GarnetServer? _server;

    public override string ConnectionString => $"127.0.0.1:{_port}";

    protected override Task StartAsync()
    {
        _server = new GarnetServer(new GarnetServerOptions
        {
            EndPoints = [new IPEndPoint(IPAddress.Loopback, _port)], QuietMode = true, EnableLua = true, LuaTransactionMode = true, LuaOptions = new(),
        });
        _server.Start();
        return Task.CompletedTask;
    }

    protected override ValueTask StopAsync()
    {
        _server!.Dispose();
        return ValueTask.CompletedTask;
    }
}
