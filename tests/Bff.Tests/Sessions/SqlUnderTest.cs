using Bff.Sessions;
using Bff.Sessions.Keys;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Sql;
using Microsoft.Extensions.Options;

namespace Bff.Tests.Sessions;

/// <summary>One that is a SQL database.</summary>
internal abstract class SqlUnderTest : StorageUnderTest
{
    public abstract SessionDatabase Database { get; }

    public abstract string EmptyBytes { get; }

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = await Database.DataSource.OpenConnectionAsync();
        connection.Execute(sql);
    }

    public override IFullSessionStore OpenStore(
        TokenProtector protector, SessionChanges changes, SessionClients clients, TimeProvider clock, int maxRememberedEnds = 1_000_000) =>
        new SqlSessionStore(Database, protector, changes, Options.Create(clients), clock, maxRememberedEnds);

    public override Task LeaveFailureAsync(Session session, DateTimeOffset since) => ExecuteAsync(
        $"UPDATE sessions SET failing_since = {since.ToUnixTimeMilliseconds()}, failures = 1 WHERE id = '{session.Id.Value}'");

    public abstract Task SetVersionAsync(int version);

    /// <summary>Makes the store one that a program of the next version has changed.</summary>
    public abstract Task UpgradeBeyondAsync(long readableFrom);
}
