using System.Globalization;
using Bff.Sessions.Store.Sql;
using Npgsql;
using NpgsqlTypes;

namespace Bff.Sessions.Store.PostgreSql;

/// <summary>
/// Which nodes share the database. Nobody waits long to say so, and the next time is soon. The column that names a node says which instance it is, too, so
/// that two of the same name do not hide one another, and the one of the version how many renewals it has done; a node of an older version shows them as
/// they are.
/// </summary>
internal sealed class PostgreSqlNodes(NpgsqlDataSource server)
{
    private const char Separator = '/';

    public async Task<IReadOnlyList<Node>> AnnounceAsync(Node self, DateTimeOffset forgetBefore, CancellationToken cancellationToken)
    {
        await using var command = server.CreateCommand(
            """
            INSERT INTO nodes (name, version, url, started_at, seen_at, ready) VALUES (@name, @version, @url, @started_at, @seen_at, @ready)
            ON CONFLICT (name) DO UPDATE SET
                version = excluded.version, url = excluded.url, started_at = excluded.started_at, seen_at = excluded.seen_at, ready = excluded.ready;
            DELETE FROM nodes WHERE seen_at < @forget;
            SELECT name, version, url, started_at, seen_at, ready FROM nodes WHERE name <> @name ORDER BY name
            """);
        command.Parameters.AddWithValue("name", KeyOf(self));
        command.Parameters.AddWithValue("version", $"{self.Version}{Separator}{self.Renewals}");
        command.Parameters.AddWithValue("url", NpgsqlDbType.Text, (object?)self.Url ?? DBNull.Value);
        command.Parameters.AddWithValue("started_at", self.StartedAt.ToUnixTimeMilliseconds());
        command.Parameters.AddWithValue("seen_at", self.SeenAt.ToUnixTimeMilliseconds());
        command.Parameters.AddWithValue("ready", self.Ready ? 1L : 0L);
        command.Parameters.AddWithValue("forget", forgetBefore.ToUnixTimeMilliseconds());
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var others = new List<Node>();
        while (await row.ReadAsync(cancellationToken))
        {
            var ((name, instance), (version, renewals)) = (Parts(row.GetString(0)), Parts(row.GetString(1)));
            others.Add(new(
                name, instance, version, row.IsDBNull(2) ? null : row.GetString(2), SqlStatements.Time(row, 3), SqlStatements.Time(row, 4),
                row.GetInt64(5) != 0) { Renewals = long.TryParse(renewals, CultureInfo.InvariantCulture, out var done) ? done : 0 });
        }

        return others;
    }

    public async Task LeaveAsync(Node self, CancellationToken cancellationToken)
    {
        await using var command = server.CreateCommand("DELETE FROM nodes WHERE name = @name");
        command.Parameters.AddWithValue("name", KeyOf(self));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static (string First, string? Second) Parts(string text) => text.Split(Separator) is [var first, var second] ? (first, second) : (text, null);

    private static string KeyOf(Node node) => $"{node.Name}{Separator}{node.Instance}";
}
