using System.Diagnostics;
using Bff.Configuration;
using Bff.FrontEnds;
using Bff.Providers;
using Bff.Sessions;
using Bff.Sessions.Keys;
using Bff.Sessions.Store;
using Bff.Sessions.Store.PostgreSql;
using Bff.Sessions.Store.Sql;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Bff.Faults;

/// <summary>
/// Writes very many sessions into a store, with the product's own schema, key ring and encryption. One is added by the product's store;
/// the others are its row with another key, subject, due time and tokens, so that a new column needs nothing here.
/// </summary>
internal sealed class SessionStock : IAsyncDisposable
{
    private static readonly TimeSpan SessionLife = TimeSpan.FromHours(12);

    private readonly WebApplication _app;
    private readonly SessionDatabase _database;
    private readonly TokenProtector _protector;

    /// <param name="Key">In the browser's cookie.</param>
    /// <param name="Id">In the store.</param>
    public sealed record Entry(int Number, string Key, SessionId Id, DateTimeOffset DueAt, DateTimeOffset ExpiresAt);

    public SessionStock(Store store)
    {
        // The product's own set-up of a store, in a program that is never run.
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection([new("Bff:Sessions:Store", store.Kind), new("Bff:Sessions:ConnectionString", store.ConnectionString)]);
        _app = builder.AddConfiguration().AddProviders().AddFrontEnds().AddSessions().Build();
        _app.PrepareSessions();
        _database = (SessionDatabase)_app.Services.GetRequiredService<SessionStorage>();
        _protector = _app.Services.GetRequiredService<TokenProtector>();
        Sessions = _app.Services.GetRequiredService<ISessionStore>();
        Queue = _app.Services.GetRequiredService<IRenewalQueue>();
        Directory = _app.Services.GetRequiredService<ISessionDirectory>();
    }

    public ISessionStore Sessions { get; }

    public IRenewalQueue Queue { get; }

    public ISessionDirectory Directory { get; }

    /// <summary>Makes the entries; their keys are random, their times are given.</summary>
    public static List<Entry> Plan(int count, Func<int, (DateTimeOffset DueAt, DateTimeOffset ExpiresAt)> times) =>
        [.. Enumerable.Range(0, count).Select(number =>
    {
        var (key, id) = SessionKey.New();
        var (dueAt, expiresAt) = times(number);
        return new Entry(number, key, id, dueAt, expiresAt);
    })];

    /// <summary>Writes the entries, in the order of their ids, as one transaction.</summary>
    /// <param name="entries">From <see cref="Plan"/>.</param>
    /// <param name="tokens">Of each.</param>
    /// <param name="client">Whose they are, as <see cref="SessionClient.NameOf"/> has it; null for whoever asks first, who then writes it into each.</param>
    public async Task FillAsync(IEnumerable<Entry> entries, Func<Entry, TokenSet> tokens, string? client = null)
    {
        var (columns, template) = await TemplateAsync();
        var rows = entries.OrderBy(entry => entry.Id.Value, StringComparer.Ordinal).Select(entry =>
        {
            var row = (object[])template.Clone();
            void Set(string column, object value) => row[Array.IndexOf(columns, column)] = value;
            Set("id", entry.Id.Value);
            Set("sid", "sid-" + entry.Id.Value);
            Set("subject", $"user-{entry.Number}");
            Set("tokens", _protector.Protect(entry.Id, tokens(entry)));
            if (client is not null) { Set("client", client); }
            Set("due_at", entry.DueAt.ToUnixTimeMilliseconds());
            return row;
        });
        if (_database is PostgreSqlDatabase postgres) { await CopyAsync((NpgsqlDataSource)postgres.DataSource, columns, rows); }
        else { Insert(_database.DataSource.ConnectionString, columns, rows); }
    }

    public async Task<long> AskAsync(string sql)
    {
        await using var command = _database.DataSource.CreateCommand(sql);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), null);
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = _database.DataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>What the sessions take on disk, indexes included.</summary>
    public Task<long> BytesAsync() => AskAsync(_database is PostgreSqlDatabase
        ? "SELECT pg_total_relation_size('sessions')"
        : "SELECT (SELECT page_count FROM pragma_page_count()) * (SELECT page_size FROM pragma_page_size())");

    private async Task<(string[] Columns, object[] Values)> TemplateAsync()
    {
        var now = TimeProvider.System.GetUtcNow();
        var session = new Session
        {
            Id = SessionKey.New().Id,
            Sid = "sid",
            Subject = "template",
            Claims = [new("sub", "user"), new("name", "A user of the fault bench"), new("preferred_username", "user@bench.example"),
                new("iss", "https://bench.example"), new("sid", "provider-sid")],
            CreatedAt = now,
            EndsAt = now + SessionLife,
            AbsoluteEndsAt = now + SessionLife,
            Tokens = new TokenSet("", null, null, null, now, now),
        };
        await Sessions.AddAsync(session, [], limit: null, CancellationToken.None);
        await using var connection = await _database.DataSource.OpenConnectionAsync();
        await using var select = connection.CreateCommand();
        select.CommandText = "SELECT * FROM sessions";
        string[] columns;
        object[] values;
        await using (var reader = await select.ExecuteReaderAsync())
        {
            await reader.ReadAsync();
            columns = [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)];
            values = new object[reader.FieldCount];
            reader.GetValues(values);
            values[Array.IndexOf(columns, "client")] = DBNull.Value;   // whichever client asks: this program is none
        }

        await Sessions.RemoveAsync(session.Id, version: null, EndReasons.SignedOut, CancellationToken.None);
        return (columns, values);
    }

    private static void Insert(string connectionString, string[] columns, IEnumerable<object[]> rows)
    {
        using var connection = new SqliteConnection(connectionString + ";Pooling=False");
        connection.Open();
        connection.Execute("PRAGMA synchronous = OFF; PRAGMA cache_size = -400000;");
        using (var transaction = connection.BeginTransaction())
        {
            using var insert = connection.CreateCommand();
            insert.CommandText = $"INSERT INTO sessions ({string.Join(", ", columns)}) VALUES ({string.Join(", ", columns.Select(column => "@" + column))})";
            foreach (var column in columns) { insert.Parameters.Add(new SqliteParameter(column, null)); }
            foreach (var row in rows)
            {
                for (var at = 0; at < row.Length; at++) { insert.Parameters[at].Value = row[at]; }
                insert.ExecuteNonQuery();
            }

            transaction.Commit();
        }

        connection.Execute("PRAGMA wal_checkpoint(TRUNCATE)");

        // Else Bff's first write would wait until all of this is on the disk.
        using var sync = Process.Start("sync", [connection.DataSource]);   // by another process: closing the file here would end SQLite's locks of this one
        sync.WaitForExit();
    }

    private static async Task CopyAsync(NpgsqlDataSource server, string[] columns, IEnumerable<object[]> rows)
    {
        await using var connection = await server.OpenConnectionAsync();
        await using (var copy = await connection.BeginBinaryImportAsync($"COPY sessions ({string.Join(", ", columns)}) FROM STDIN (FORMAT BINARY)"))
        {
            foreach (var row in rows) { await copy.WriteRowAsync(default, row.Select(value => value is DBNull ? null : value).ToArray()); }
            await copy.CompleteAsync();
        }

        // As autovacuum does on a server that has been running.
        await using var analyze = new NpgsqlCommand("VACUUM ANALYZE sessions; CHECKPOINT", connection);
        await analyze.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        SqliteConnection.ClearAllPools();
    }
}
