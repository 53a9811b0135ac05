using System.Data.Common;
using Bff.Sessions.Keys;
using Microsoft.Extensions.Options;

namespace Bff.Sessions.Store.Sql;

/// <summary>Runs single statements. Times are Unix milliseconds; <c>@client</c> is the name of the first of our clients in all of them.</summary>
internal sealed class SqlStatements(SessionDatabase database, TokenProtector protector, IOptions<SessionClients> clients)
{
    private const string OfFirst = "coalesce(client, @client) = @client";

    /// <summary>Of our clients. Rows from before there was one to name belong to the first of whoever comes, and take the name by <see cref="AdoptAsync"/>.</summary>
    public string Ours => field ??= OfAny(clients.Value.All);

    /// <summary>The same but for rows without a name, in a form that an index can answer.</summary>
    public string OursByName => field ??= $"client IN ({Names(clients.Value.All)})";

    /// <summary>Of our client at this provider, likewise.</summary>
    public string ByNameAt(string provider) => $"client = '{clients.Value.Of(provider).Name}'";

    /// <summary>Gives rows without a name that of the first: those that are due some time, which are found by it.</summary>
    public async Task AdoptAsync(CancellationToken cancellationToken)
    {
        await ExecuteAsync("UPDATE sessions SET client = @client WHERE client IS NULL AND due_at IS NOT NULL", cancellationToken);
        await ExecuteAsync("UPDATE revocations SET client = @client WHERE client IS NULL", cancellationToken);
    }

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

    public static long Milliseconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    public static long? Milliseconds(DateTimeOffset? time) => time?.ToUnixTimeMilliseconds();

    public static DateTimeOffset Time(DbDataReader row, int column) => DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));
}
