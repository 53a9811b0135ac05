using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using Npgsql;

namespace Bff.Sessions.Store.PostgreSql;

/// <summary>
/// Carries session changes between nodes with LISTEN and NOTIFY. Changes go out in batches: each NOTIFY takes a lock that is global to the
/// database when it commits, so one for every write would line the writers up.
/// </summary>
internal sealed partial class PostgreSqlChanges(NpgsqlDataSource server, SessionChanges changes, TimeProvider clock, ILogger<PostgreSqlChanges> logger)
{
    private const string ChannelName = "bff_sessions";

    /// <summary>PostgreSQL refuses payloads of 8000 bytes and more.</summary>
    private const int LongestPayload = 7900;

    /// <summary>More waiting changes than this are dropped, oldest first: their copies elsewhere are then a few seconds old at most (CacheLifetime).</summary>
    private const int MaxWaiting = 10_000;

    private static readonly TimeSpan Reconnect = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan TellInterval = TimeSpan.FromSeconds(30);

    private readonly string _node = Guid.NewGuid().ToString("N");
    private readonly Channel<string> _outgoing = Channel.CreateBounded<string>(
        new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    /// <summary>A batch that could not be sent; it goes first when the server can be reached again.</summary>
    private string? _unsent;

    private long? _told;

    public async Task CarryAsync(CancellationToken cancellationToken)
    {
        changes.Published += Enqueue;
        try
        {
            await Task.WhenAll(KeepAsync(ListenAsync, cancellationToken), KeepAsync(SendAsync, cancellationToken));
        }
        finally
        {
            changes.Published -= Enqueue;
        }
    }

    private async Task KeepAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await work(cancellationToken);
            }
            catch (Exception error) when (error is NpgsqlException or IOException or TimeoutException or SocketException)
            {
                Tell(error.Message);
            }

            await Task.Delay(Reconnect, clock, cancellationToken);
        }
    }

    /// <summary>A store that is away is told of elsewhere, once for all who miss it; this line says what follows, now and then.</summary>
    private void Tell(string reason)
    {
        if (_told is { } told && clock.GetElapsedTime(told) < TellInterval) { return; }
        _told = clock.GetTimestamp();
        ChannelLost(reason);
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        changes.Blind = true;
        await using var connection = await server.OpenConnectionAsync(cancellationToken);
        connection.Notification += (_, message) => Hear(message.Payload);
        await using (var listen = new NpgsqlCommand("LISTEN " + ChannelName, connection)) { await listen.ExecuteNonQueryAsync(cancellationToken); }
        changes.Blind = false;
        try
        {
            while (true) { await connection.WaitAsync(cancellationToken); }
        }
        finally
        {
            changes.Blind = true;
        }
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        while (_unsent is not null || await _outgoing.Reader.WaitToReadAsync(cancellationToken))
        {
            _unsent ??= NextBatch();
            await using var notify = server.CreateCommand("SELECT pg_notify($1, $2)");
            notify.Parameters.Add(new() { Value = ChannelName });
            notify.Parameters.Add(new() { Value = _unsent });
            await notify.ExecuteNonQueryAsync(cancellationToken);
            _unsent = null;
        }
    }

    private string NextBatch()
    {
        var payload = new StringBuilder(_node);
        while (_outgoing.Reader.TryPeek(out var next) && payload.Length + next.Length < LongestPayload && _outgoing.Reader.TryRead(out next))
        {
            payload.Append(' ').Append(next);
        }
        return payload.ToString();
    }

    private void Enqueue(SessionChange change)
    {
        if (!change.Remote) { _outgoing.Writer.TryWrite(ChangeWord.Of(change)); }
    }

    /// <summary>A payload is the sender, then a word for each change.</summary>
    private void Hear(string payload)
    {
        var words = payload.Split(' ');
        if (words[0] == _node) { return; }
        foreach (var change in words.Skip(1).Select(ChangeWord.Read).OfType<SessionChange>()) { changes.Publish(change); }
    }

    [LoggerMessage(
        LogLevel.Warning,
        "Changes of other nodes cannot be heard ({Reason}); sessions are read from the store for every request until they can, or while that cannot be "
        + "read, local copies of them serve on.")]
    private partial void ChannelLost(string reason);
}
