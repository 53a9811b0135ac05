using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Threading.Channels;
using StackExchange.Redis;

namespace Bff.Sessions.Store.Redis;

/// <summary>
/// Carries session changes between nodes by publishing them: in batches, since each is sent to every node. The servers promise nothing, so a node says every
/// second how many batches it has sent: the others see when one is missing, and so does it when it does not hear itself.
/// </summary>
internal sealed partial class RedisChanges(RedisConnection connection, SessionChanges changes, TimeProvider clock, ILogger<RedisChanges> logger)
{
    private const string ChannelName = "bff:changes";

    private const int MaxPayload = 32_000;

    /// <summary>More waiting changes than this are dropped, oldest first: their copies elsewhere are then a few seconds old at most (CacheLifetime).</summary>
    private const int MaxWaiting = 10_000;

    /// <summary>Nodes of before are remembered no longer when there are more.</summary>
    private const int MaxNodes = 1000;

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan EchoTimeout = TimeSpan.FromSeconds(3);

    /// <summary>The driver has a connection of its own for messages, which is made after the first one: with TLS, a little later.</summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(3), ConnectPause = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan TellInterval = TimeSpan.FromSeconds(30);

    private readonly string _node = Guid.NewGuid().ToString("N");
    private readonly ConcurrentDictionary<string, long> _heard = new(StringComparer.Ordinal);
    private readonly Channel<string> _outgoing = Channel.CreateBounded<string>(
        new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    /// <summary>A batch that could not be sent; it goes first when the server can be reached again.</summary>
    private string? _unsent;

    private long _sent;
    private long _said;
    private long _saidBeforeLoss;
    private long _echoedAt;
    private long? _told;

    public async Task CarryAsync(CancellationToken cancellationToken)
    {
        changes.Blind = true;
        changes.Published += Enqueue;
        try
        {
            while (true)
            {
                await Task.Run(() => KeepAsync(cancellationToken), cancellationToken);   // to connect takes a while
                await Task.Delay(Beat, clock, cancellationToken);
            }
        }
        finally
        {
            changes.Published -= Enqueue;
        }
    }

    private async Task KeepAsync(CancellationToken cancellationToken)
    {
        try
        {
            await TalkAsync(cancellationToken);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)   // or nothing is heard for as long as this process runs
        {
            Lose((RedisFailures.Of(error) ?? error).Message);
        }
    }

    private async Task TalkAsync(CancellationToken cancellationToken)
    {
        var server = connection.Multiplexer;
        var channel = RedisChannel.Literal(ChannelName);
        var subscriber = server.GetSubscriber();
        var began = TimeProvider.System.GetTimestamp();
        while (!subscriber.IsConnected(channel) && TimeProvider.System.GetElapsedTime(began) < ConnectTimeout)
        {
            await Task.Delay(ConnectPause, TimeProvider.System, cancellationToken);
        }

        var messages = await subscriber.SubscribeAsync(channel).WaitAsync(cancellationToken);
        server.ConnectionFailed += IsLost;
        try
        {
            _echoedAt = clock.GetTimestamp();
            messages.OnMessage(message => Hear(message.Message));
            await SendAsync(subscriber, channel, cancellationToken);
        }
        finally
        {
            server.ConnectionFailed -= IsLost;
            messages.Unsubscribe(CommandFlags.FireAndForget);
        }
    }

    private async Task SendAsync(ISubscriber subscriber, RedisChannel channel, CancellationToken cancellationToken)
    {
        while (true)
        {
            _unsent ??= NextBatch();
            var said = Interlocked.Increment(ref _said);
            await subscriber.PublishAsync(channel, string.Create(CultureInfo.InvariantCulture, $"{_node} {said} {_unsent}")).WaitAsync(cancellationToken);
            _unsent = null;

            // The driver subscribes again by itself after most losses, and not after all.
            if (clock.GetElapsedTime(Volatile.Read(ref _echoedAt)) > EchoTimeout) { throw new TimeoutException("nothing was heard"); }
            if (subscriber.Multiplexer != connection.Multiplexer) { throw new TimeoutException("the connection was made anew"); }
            await ChangesOrBeatAsync(cancellationToken);
        }
    }

    private async Task ChangesOrBeatAsync(CancellationToken cancellationToken)
    {
        using var beat = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(_outgoing.Reader.WaitToReadAsync(beat.Token).AsTask(), Task.Delay(Beat, clock, beat.Token));
        await beat.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>How many batches with this one, and the changes; without any it is no new batch.</summary>
    private string NextBatch()
    {
        var payload = new StringBuilder();
        while (_outgoing.Reader.TryPeek(out var next) && payload.Length + next.Length < MaxPayload && _outgoing.Reader.TryRead(out next))
        {
            payload.Append(' ').Append(next);
        }

        if (payload.Length > 0) { _sent++; }
        return string.Create(CultureInfo.InvariantCulture, $"{_sent}{payload}");
    }

    private void Enqueue(SessionChange change)
    {
        if (!change.Remote) { _outgoing.Writer.TryWrite(ChangeWord.Of(change)); }
    }

    private void Hear(string? payload)
    {
        if (payload?.Split(' ') is not [var node, var message, var number, .. var words]
            || !long.TryParse(message, NumberStyles.None, CultureInfo.InvariantCulture, out var said)
            || !long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var sent))
        {
            return;
        }

        if (node == _node)
        {
            // What was said before the connection broke may still be waiting to be heard, and proves nothing.
            if (said <= Volatile.Read(ref _saidBeforeLoss)) { return; }
            Volatile.Write(ref _echoedAt, clock.GetTimestamp());
            changes.Blind = false;
            return;
        }

        // The driver may have subscribed at two servers of a cluster, and what was sent twice came twice.
        if (words.Length > 0 && _heard.TryGetValue(node, out var before) && before >= sent) { return; }
        Count(node, words.Length > 0 ? sent - 1 : sent, sent);
        foreach (var change in words.Select(ChangeWord.Read).OfType<SessionChange>()) { changes.Publish(change); }
    }

    /// <summary>Of a node that was not heard before nobody knows what it has said.</summary>
    private void Count(string node, long expected, long sent)
    {
        var isMissing = _heard.TryGetValue(node, out var before) ? before < expected : expected > 0;
        if (_heard.Count >= MaxNodes) { _heard.Clear(); }
        _heard[node] = Math.Max(before, sent);
        if (isMissing && !changes.Blind)
        {
            changes.Blind = true;   // for a moment: what was copied before is not trusted any more
            changes.Blind = false;
        }
    }

    private void IsLost(object? sender, ConnectionFailedEventArgs failure) => Lose($"{failure.FailureType}");

    /// <summary>A store that is away is told of elsewhere, once for all who miss it; this line says what follows, now and then.</summary>
    private void Lose(string reason)
    {
        Volatile.Write(ref _saidBeforeLoss, Interlocked.Read(ref _said));
        changes.Blind = true;
        if (_told is { } told && clock.GetElapsedTime(told) < TellInterval) { return; }
        _told = clock.GetTimestamp();
        ChannelLost(reason);
    }

    [LoggerMessage(
        LogLevel.Warning,
        "Changes of other nodes cannot be heard ({Reason}); sessions are read from the store for every request until they can, or while that cannot be "
        + "read, local copies of them serve on.")]
    private partial void ChannelLost(string reason);
}
