using System.Collections.Concurrent;
using Bff.HostTests;
using Bff.Sessions;
using Bff.Sessions.Store;
using Bff.Sessions.Store.PostgreSql;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using static Bff.Renewal.RenewalResult;

namespace Bff.ClusterTests.Stores;

public sealed class PostgreSqlChangesTests(PostgreSqlFixture postgres)
{
    [Fact]
    public async Task A_change_that_could_not_be_sent_is_sent_when_the_server_can_be_reached_again()
    {
        var connection = await postgres.Server.CreateDatabaseAsync();
        await using var sender = new PostgreSqlDatabase(connection + ";Application Name=sender", TimeSpan.FromSeconds(5));
        await using var hearer = new PostgreSqlDatabase(connection + ";Application Name=hearer", TimeSpan.FromSeconds(5));
        var (sent, heard) = (new SessionChanges(), new SessionChanges());
        var ended = new ConcurrentQueue<string>();
        heard.Published += change => ended.Enqueue(change.Id.Value);
        using var sending = new SessionChangeCarrier(sender, sent, TimeProvider.System, NullLoggerFactory.Instance);
        using var hearing = new SessionChangeCarrier(hearer, heard, TimeProvider.System, NullLoggerFactory.Instance);
        await sending.StartAsync(default);
        await hearing.StartAsync(default);
        await Eventually.HappensAsync(() =>
        {
            sent.Publish(Ended("first"));   // until the other one listens
            return ended.Contains("first");
        });

        // The connections wait in the sender's pool: the next one who takes one finds it dead.
        await using (var admin = new NpgsqlConnection(connection))
        {
            await admin.OpenAsync();
            await using var kill = new NpgsqlCommand(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sender' AND query LIKE '%pg_notify%' AND pid <> "
                + "pg_backend_pid()",
                admin);
            await kill.ExecuteNonQueryAsync();
        }

        sent.Publish(Ended("second"));   // once

        await Eventually.HappensAsync(() => ended.Contains("second"));
        await sending.StopAsync(default);
        await hearing.StopAsync(default);
    }

    private static SessionChange Ended(string id) => new(new SessionId(id), DueAt: null, EndReasons.SignedOut);
}
