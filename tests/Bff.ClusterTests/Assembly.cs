using Bff.ClusterTests;

[assembly: AssemblyFixture(typeof(PostgreSqlFixture))]

namespace Bff.ClusterTests;

/// <summary>One server for all tests; each takes a database of its own.</summary>
public sealed class PostgreSqlFixture : IAsyncLifetime
{
    private PostgreSqlServer? _server;

    public PostgreSqlServer Server => _server!;

    public async ValueTask InitializeAsync() => _server = await PostgreSqlServer.StartAsync();

    public ValueTask DisposeAsync() => _server!.DisposeAsync();
}
