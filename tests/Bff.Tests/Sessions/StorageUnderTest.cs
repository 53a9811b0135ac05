using Bff.Sessions.Store.Sql;

namespace Bff.Tests.Sessions;

/// <summary>A storage of one kind, prepared and empty, and what a test has to do to it by hand.</summary>
internal abstract class StorageUnderTest : IAsyncDisposable
{
    public abstract SessionDatabase Database { get; }

    public abstract string EmptyBytes { get; }

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = await Database.DataSource.OpenConnectionAsync();
        connection.Execute(sql);
    }

    public abstract Task SetVersionAsync(int version);

    /// <summary>Makes the store one that a program of the next version has changed.</summary>
    public abstract Task UpgradeBeyondAsync(long readableFrom);

    public abstract ValueTask DisposeAsync();
}
