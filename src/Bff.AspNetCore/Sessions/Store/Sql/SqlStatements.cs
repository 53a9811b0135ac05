using System.Data.Common;
using Bff.Sessions.Keys;
using Microsoft.Extensions.Options;

namespace Bff.Sessions.Store.Sql;

/// <summary>Runs single statements. Times are Unix milliseconds; <c>@client</c> is the name of the first of our clients in all of them.</summary>
internal sealed class SqlStatements(SessionDatabase database, TokenProtector protector, IOptions<SessionClients> clients)
{
    /// <summary>Rows that one statement changes when there may be many: others get their turn to write between two.</summary>
    public const int Batch = 1000;

    /// <summary>So many batches at once at most, so that what has to be done after them is done in time.</summary>
    private const int MaxBatches = 100;

    private const string OfFirst = "coalesce(client, @client) = @client";

    /// <summary>Of our clients. Rows from before there was one to name belong to the first of whoever comes, and take its name with the sweep.</summary>
    public string Ours => field ??= OfAny(clients.Value.All);

    /// <summary>The same but for rows without a name, in a form that an index can answer.</summary>
    public string OursByName => field ??= $"client IN ({Names(clients.Value.All)})";

    /// <summary>Of our client at this provider, likewise.</summary>
    public string ByNameAt(string provider) => $"client = '{clients.Value.Of(provider).Name}'";

    /// <summary>Of nobody's client here, in a form that an index can answer.</summary>
    public string OfOthers => field ??= string.Join(" AND ", clients.Value.All.Select(ours => $"(client < '{ours.Name}' OR client > '{ours.Name}')"));

    /// <summary>Of our client at this provider.</summary>
    public string OfProvider(string provider) => OfAny([clients.Value.Of(provider)]);

    /// <summary>Of one of these.</summary>
    public string OfAny(IReadOnlyCollection<SessionClient> some) =>
        some.Count == 1 && some.First() == clients.Value.First ? OfFirst
        : some.Contains(clients.Value.First) ? $"coalesce(client, @client) IN ({Names(some)})"
        : $"client IN ({Names(some)})";

    /// <summary>They are hashes, written with letters, digits and two marks that mean nothing inside quotes.</summary>
    private static string Names(IEnumerable<SessionClient> some) => string.Join(", ", some.Select(client => $"'{client.Name}'"));

    public Task<int> ExecuteAsync(string sql, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters) =>
        database.WriteAsync(
            async connection =>
            {
                await using var command = Command(connection, sql, parameters);
                return await command.ExecuteNonQueryAsync(cancellationToken);
            },
            cancellationToken);

    /// <summary>As <see cref="InBatchesAsync"/>, for rows that are seldom there: to ask holds up nobody who writes.</summary>
    public async Task IfAnyInBatchesAsync(
        string change, string table, string which, string order, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters)
    {
        var any = await QueryAsync($"SELECT 1 FROM {table} WHERE {which} LIMIT 1", row => row.GetValue(0), cancellationToken, parameters);
        if (any.Count > 0) { await InBatchesAsync(change, table, which, order, cancellationToken, parameters); }
    }

    /// <param name="change">The statement up to its condition.</param>
    /// <param name="table">Which it changes.</param>
    /// <param name="which">The rows; after the change they must not be among them any more.</param>
    /// <param name="order">The column by which they are taken.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    /// <param name="parameters">Of <paramref name="which"/>.</param>
    /// <returns>False when there are more.</returns>
    public async Task<bool> InBatchesAsync(
        string change, string table, string which, string order, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters)
    {
        // The condition is outside the subquery, too: after waiting for a row lock PostgreSQL checks only that again.
        var sql = $"{change} WHERE {which} AND id IN (SELECT id FROM {table} WHERE {which} ORDER BY {order} LIMIT {Batch} {database.SkipLocked})";
        for (var batch = 0; batch < MaxBatches; batch++)
        {
            if (await ExecuteAsync(sql, cancellationToken, parameters) < Batch) { return true; }
        }

        return false;
    }

    /// <summary>A write that returns rows.</summary>
    public Task<List<T>> WriteAsync<T>(
        string sql, Func<DbDataReader, T> read, (string Name, object? Value)[] parameters, int sealedColumn, CancellationToken cancellationToken) =>
        database.WriteAsync(connection => QueryAsync(connection, sql, read, parameters, sealedColumn, cancellationToken), cancellationToken);

    public Task<List<T>> QueryAsync<T>(
        string sql, Func<DbDataReader, T> read, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters) =>
        QueryAsync(sql, read, parameters, sealedColumn: -1, cancellationToken);

    /// <param name="sql">The statement.</param>
    /// <param name="read">Reads a row.</param>
    /// <param name="parameters">Of the statement.</param>
    /// <param name="sealedColumn">Holds tokens: the key that sealed them is there by the time the row is read.</param>
    /// <param name="cancellationToken">Stops waiting for the store.</param>
    public async Task<List<T>> QueryAsync<T>(
        string sql, Func<DbDataReader, T> read, (string Name, object? Value)[] parameters, int sealedColumn, CancellationToken cancellationToken)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
        return await QueryAsync(connection, sql, read, parameters, sealedColumn, cancellationToken);
    }

    private async Task<List<T>> QueryAsync<T>(
        DbConnection connection, string sql, Func<DbDataReader, T> read, (string Name, object? Value)[] parameters, int sealedColumn,
        CancellationToken cancellationToken)
    {
        await using var command = Command(connection, sql, parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
        {
            if (sealedColumn >= 0 && reader.GetValue(sealedColumn) is byte[] sealedTokens) { await protector.LearnKeyAsync(sealedTokens, cancellationToken); }
            rows.Add(read(reader));
        }

        return rows;
    }

    public DbCommand Command(DbConnection connection, string sql, (string Name, object? Value)[] parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        (string Name, object? Value)[] all = [.. parameters, ("client", clients.Value.First.Name)];
        foreach (var (name, value) in all)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.Value = value ?? DBNull.Value;
            command.Parameters.Add(parameter);
        }

        return command;
    }

    /// <summary>A parameter for each value, called after their number.</summary>
    public static (string Name, object? Value)[] Numbered(string name, IEnumerable<string> values) =>
        [.. values.Select((value, number) => ($"{name}{number}", (object?)value))];

    /// <summary>For a list in a statement.</summary>
    public static string Placeholders(IEnumerable<(string Name, object? Value)> parameters) => string.Join(", ", parameters.Select(one => '@' + one.Name));

    public static long Milliseconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    public static long? Milliseconds(DateTimeOffset? time) => time?.ToUnixTimeMilliseconds();

    public static DateTimeOffset Time(DbDataReader row, int column) => DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));
}
