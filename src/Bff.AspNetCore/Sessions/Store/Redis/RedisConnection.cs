using System.Net;
using StackExchange.Redis;

namespace Bff.Sessions.Store.Redis;

/// <summary>
/// The one connection of a node to its servers. When it is lost it comes back by itself, after pauses that differ from node to node. While it is away nothing
/// waits for it: what was asked for too late must not be done later.
/// </summary>
internal sealed class RedisConnection : IAsyncDisposable
{
    private const int FirstRetryMilliseconds = 200, LastRetryMilliseconds = 3000;

    /// <summary>
    /// Of every command. Where a primary is away the driver would ask a replica, which is behind: a new session would look like one that was signed out, and one
    /// that was signed out would be there.
    /// </summary>
    public const CommandFlags Primary = CommandFlags.DemandMaster;

    /// <summary>Failures come together, and one of them is enough of a reason to look.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _opening = new();
    private readonly ConfigurationOptions _options;
    private readonly TimeSpan _timeout;
    private volatile ConnectionMultiplexer? _connection;
    private volatile bool _isDisposed;
    private long? _lookedAt;
    private long? _withoutPrimarySince;

    /// <exception cref="ArgumentException">
    /// The connection string cannot be read. The message holds nothing of it, since a password may be what is wrong.
    /// </exception>
    public RedisConnection(string connectionString, TimeSpan timeout)
    {
        (_options, _timeout) = (Read(connectionString), timeout);
        _options.AbortOnConnectFail = true;   // says why; until the first time somebody tries anew who waits for it
        _options.ConnectTimeout = _options.AsyncTimeout = _options.SyncTimeout = (int)timeout.TotalMilliseconds;
        _options.ConnectRetry = 1;
        _options.ReconnectRetryPolicy = new ExponentialRetry(FirstRetryMilliseconds, LastRetryMilliseconds);
        _options.BacklogPolicy = BacklogPolicy.FailFast;
        _options.ClientName ??= "Bff";

        _options.AllowAdmin = true;   // or the driver does not let anybody ask a server how it is set up

        // Neither key nor channel of the library's own: a user may be allowed ours alone.
        (_options.TieBreaker, _options.ConfigurationChannel) = ("", "");
    }

    /// <summary>How long servers that do not answer hold up what the others have answered.</summary>
    public TimeSpan PatienceWithSome => TimeSpan.FromMilliseconds(_options.AsyncTimeout / 3.0);

    public bool IsEncrypted => _options.Ssl;

    /// <summary>All servers that are named are this machine; sentinels name others.</summary>
    public bool IsLocal => string.IsNullOrEmpty(_options.ServiceName) && _options.EndPoints.All(endPoint => endPoint switch
    {
        IPEndPoint { Address: var address } => IPAddress.IsLoopback(address),
        DnsEndPoint { Host: var host } => host.Equals("localhost", StringComparison.OrdinalIgnoreCase),
        _ => true,   // a Unix socket
    });

    public IDatabase Database => Multiplexer.GetDatabase();

    /// <exception cref="RedisConnectionException">It was not made yet.</exception>
    public ConnectionMultiplexer Multiplexer => _connection ?? throw new RedisConnectionException(
        ConnectionFailureType.UnableToConnect, CommandFlags.None, "No server could be reached since the start.", innerException: null, CommandStatus.Unknown);

    /// <summary>Makes it, if it was not made yet. From then on it comes back by itself.</summary>
    /// <exception cref="RedisConnectionException">It cannot be made now.</exception>
    public void Open()
    {
        lock (_opening) { _connection ??= ConnectionMultiplexer.Connect(_options); }
    }

    /// <summary>The servers that take writes: one, or those of a cluster.</summary>
    public IEnumerable<IServer> Primaries => Multiplexer.GetServers().Where(server => server is { IsConnected: true, IsReplica: false });

    /// <summary>
    /// After a failure: where all that is connected has become a replica, and stays one, the connection is made anew. Behind a DNS name or a proxy the driver
    /// would keep to the old primary for as long as that lives.
    /// </summary>
    public void LeaveReplicas()
    {
        lock (_opening)
        {
            if (_connection is null || (_lookedAt is { } looked && TimeProvider.System.GetElapsedTime(looked) < LookInterval)) { return; }
            _lookedAt = TimeProvider.System.GetTimestamp();
        }

        _ = Task.Run(LeaveReplicasAsync);
    }

    private async Task LeaveReplicasAsync()
    {
        try
        {
            var old = Multiplexer;
            if (!await IsWithoutPrimaryAsync(old))
            {
                _withoutPrimarySince = null;
                return;
            }

            // A failover may be under way. Nodes do not all connect in one moment.
            _withoutPrimarySince ??= TimeProvider.System.GetTimestamp();
            if (TimeProvider.System.GetElapsedTime(_withoutPrimarySince.Value) < _timeout * (1 + Random.Shared.NextDouble())) { return; }
            _withoutPrimarySince = null;
            _connection = await ConnectionMultiplexer.ConnectAsync(_options);
            await Task.Delay(_timeout, TimeProvider.System);   // whoever waits for an answer on the old one
            await old.DisposeAsync();
            if (_isDisposed) { await Multiplexer.DisposeAsync(); }
        }
        catch (Exception error) when (error is RedisException or RedisCommandException or TimeoutException or ObjectDisposedException)
        {
            // The next failure is the next reason to look.
        }
    }

    private static async Task<bool> IsWithoutPrimaryAsync(ConnectionMultiplexer connection)
    {
        var connected = connection.GetServers().Where(server => server.IsConnected).ToList();
        foreach (var server in connected)
        {
            var role = (await server.InfoAsync("replication")).SelectMany(group => group).FirstOrDefault(entry => entry.Key == "role").Value;
            if (role != "slave") { return false; }
        }

        return connected.Count > 0;
    }

    public async ValueTask DisposeAsync()
    {
        _isDisposed = true;
        if (_connection is { } connection) { await connection.DisposeAsync(); }
    }

    private static ConfigurationOptions Read(string connectionString)
    {
        try
        {
            return ConfigurationOptions.Parse(connectionString);
        }
        catch (ArgumentException)
        {
            var parts = connectionString.Split(',');
            var wrong = parts.Index().FirstOrDefault(part => !IsUnderstood(part.Item));
            throw new ArgumentException($"StackExchange.Redis does not understand part {wrong.Index + 1} of the {parts.Length} between commas.");
        }
    }

    private static bool IsUnderstood(string part)
    {
        try
        {
            ConfigurationOptions.Parse(part);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
