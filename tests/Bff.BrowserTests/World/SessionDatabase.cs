using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Data.Sqlite;

namespace Bff.BrowserTests.World;

/// <summary>Bff's own store, opened with its own keys: the one place where the real tokens are.</summary>
internal sealed class SessionDatabase(string folder)
{
    private IDataProtector? _protector;

    internal sealed record Tokens(string AccessToken, string? RefreshToken, string? IdToken, DateTimeOffset ExpiresAt)
    {
        public IEnumerable<string> Values => new[] { AccessToken, RefreshToken, IdToken }.OfType<string>();
    }

    internal sealed record Row(long Version, DateTimeOffset? DueAt, DateTimeOffset LeaseUntil, Tokens Tokens)
    {
        /// <summary>Each renewal makes the next version; the sign-in made the first.</summary>
        public long Renewals => Version - 1;
    }

    private sealed record Envelope(string Session, Tokens Tokens);

    /// <summary>The only session there is.</summary>
    public Row Only() => All().ShouldHaveSingleItem();

    /// <summary>Removes all sessions and what is still to be revoked, unless one is just being renewed.</summary>
    public bool TryForget()
    {
        using var connection = Open();
        using var transaction = connection.BeginTransaction(deferred: false);
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "SELECT COUNT(*) FROM sessions WHERE lease_until > @now";
        command.Parameters.AddWithValue("now", TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        if ((long)command.ExecuteScalar()! > 0) { return false; }
        command.CommandText = "DELETE FROM sessions; DELETE FROM revocations";
        command.ExecuteNonQuery();
        transaction.Commit();
        return true;
    }

    /// <summary>Every session is over as if nobody had used it for too long.</summary>
    public void TimeOut()
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = "UPDATE sessions SET ends_at = 1";
        command.ExecuteNonQuery();
    }

    public IReadOnlyList<Row> All()
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT version, due_at, lease_until, tokens FROM sessions";
        using var reader = command.ExecuteReader();
        var rows = new List<Row>();
        while (reader.Read())
        {
            DateTimeOffset? due = reader.IsDBNull(1) ? null : DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(1));
            rows.Add(new Row(reader.GetInt64(0), due, DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(2)), Open(reader.GetFieldValue<byte[]>(3))));
        }

        return rows;
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "bff.db")};Pooling=False");
        connection.Open();
        return connection;
    }

    private Tokens Open(byte[] sealedTokens)
    {
        _protector ??= DataProtectionProvider
            .Create(new DirectoryInfo(Path.Combine(folder, "keys")), keys => keys.SetApplicationName("Bff").DisableAutomaticKeyGeneration())
            .CreateProtector("Bff.Sessions.Tokens.v1");
        return JsonSerializer.Deserialize<Envelope>(_protector.Unprotect(sealedTokens))!.Tokens;
    }
}
