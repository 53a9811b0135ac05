using System.Diagnostics;
using Bff.Configuration;
using Bff.FrontEnds;
using Bff.Providers;
using Bff.Sessions;
using Bff.Sessions.Keys;
using Bff.Sessions.Store;
using Bff.Sessions.Store.PostgreSql;
using Bff.Sessions.Store.Redis;
using Bff.Sessions.Store.Sql;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Bff.Faults;

/// <summary>
/// Writes very many sessions into a store, with the product's own schema, key ring and encryption. In SQL one is added by the product's store;
/// the others are its row with another key, subject, due time and tokens, so that a new column needs nothing here. In Redis each is.
/// </summary>
internal sealed class SessionStock : IAsyncDisposable
{
    private static readonly TimeSpan SessionLife = TimeSpan.FromHours(12);

    private readonly WebApplication _app;
    private readonly SessionStorage _storage;
    private readonly TokenProtector _protector;
    private readonly Lazy<Task<RedisStock>> _redis;

    /// <param name="Key">In the browser's cookie.</param>
    /// <param name="Id">In the store.</param>
    public sealed record Entry(int Number, string Key, SessionId Id, DateTimeOffset DueAt, DateTimeOffset ExpiresAt);

    public SessionStock(Store store)
    {
        // The product's own set-up of a store, in a program that is never run.
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(
        [
            new("Bff:Sessions:Store", store.Kind), new("Bff:Sessions:ConnectionString", store.ConnectionString), new("Bff:Sessions:StoreTimeout", "00:00:30"),
        ]);
        _app = builder.AddConfiguration().AddProviders().AddFrontEnds().AddSessions().Build();
        _app.PrepareSessions();
        _storage = _app.Services.GetRequiredService<SessionStorage>();
        _protector = _app.Services.GetRequiredService<TokenProtector>();
        _redis = new(() => RedisStock.OpenAsync((RedisStorage)_storage, _protector, store.ConnectionString));
        Sessions = _app.Services.GetRequiredService<ISessionStore>();
        Queue = _app.Services.GetRequiredService<IRenewalQueue>();
        Directory = _app.Services.GetRequiredService<ISessionDirectory>();
    }

    private SessionDatabase Database => (SessionDatabase)_storage;

    private bool IsRedis => _storage is RedisStorage;

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

    /// <summary>Writes the entries; in SQL in the order of their ids, as one transaction.</summary>
    /// <param name="entries">From <see cref="Plan"/>.</param>
    /// <param name="tokens">Of each.</param>
    /// <param name="client">Whose they are, as <see cref="SessionClient.NameOf"/> has it; null for whoever asks first, who then writes it into each.</param>
    /// <param name="tell">Told now and then how many there are, where it takes long.</param>
    public async Task FillAsync(IEnumerable<Entry> entries, Func<Entry, TokenSet> tokens, string? client = null, Action<int>? tell = null)
    {
        if (IsRedis)
        {
            await (await _redis.Value).FillAsync(entries, Template(), tokens, client ?? "", tell ?? (_ => { }));
            return;
        }

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
        if (Database is PostgreSqlDatabase postgres) { await CopyAsync((NpgsqlDataSource)postgres.DataSource, columns, rows); }
        else { Insert(Database.DataSource.ConnectionString, columns, rows); }
    }

    public async Task<long> AskAsync(string sql)
    {
        await using var command = Database.DataSource.CreateCommand(sql);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), null);
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Database.DataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>What the sessions take, indexes included: on disk, or in Redis' memory.</summary>
    public async Task<long> BytesAsync()
    {
        if (IsRedis) { return await (await _redis.Value).BytesAsync(); }
        return await AskAsync(Database is PostgreSqlDatabase
            ? "SELECT pg_total_relation_size('sessions')"
            : "SELECT (SELECT page_count FROM pragma_page_count()) * (SELECT page_size FROM pragma_page_size())");
    }

    /// <summary>What Redis takes of the machine's memory, and on disk; null of another store.</summary>
    public async Task<(long Resident, long File)?> FootprintAsync() => IsRedis ? await (await _redis.Value).FootprintAsync() : null;

    /// <summary>The first entries, which were due one millisecond after the other, are due over a time.</summary>
    public async Task MoveDueAsync(IReadOnlyList<Entry> due, DateTimeOffset start, TimeSpan length)
    {
        if (IsRedis)
        {
            await (await _redis.Value).MoveDueAsync(due, start, length);
            return;
        }

        await ExecuteAsync(
            $"UPDATE sessions SET due_at = {start.ToUnixTimeMilliseconds()} + (due_at - {due[0].DueAt.ToUnixTimeMilliseconds()}) * "
            + $"{length.TotalMilliseconds:F0} / {due.Count} WHERE due_at <= {due[^1].DueAt.ToUnixTimeMilliseconds()}");
    }

    private static Session Template()
    {
        var now = TimeProvider.System.GetUtcNow();
        return new Session
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
    }

    private async Task<(string[] Columns, object[] Values)> TemplateAsync()
    {
        var session = Template();
        await Sessions.AddAsync(session, [], limit: null, CancellationToken.None);
        await using var connection = await Database.DataSource.OpenConnectionAsync();
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
        if (_redis.IsValueCreated) { await (await _redis.Value).DisposeAsync(); }
        await _app.DisposeAsync();
        SqliteConnection.ClearAllPools();
    }
}
