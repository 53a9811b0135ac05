using Bff.Sessions.Keys;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Bff.Sessions.Store.Redis;

/// <summary>A Redis or Valkey server, one behind sentinels, or a cluster, shared by several nodes.</summary>
internal sealed class RedisStorage : SessionStorage
{
    private readonly RedisConnection _connection;
    private readonly RedisNodes _nodes;
    private readonly ShardOrigins _origins;

    /// <param name="connectionString">StackExchange.Redis' own.</param>
    /// <param name="timeout">How long to wait for a connection, and for an answer.</param>
    /// <exception cref="IOException">The connection string cannot be read; the message names the setting.</exception>
    public RedisStorage(string connectionString, TimeSpan timeout)
    {
        try
        {
            _connection = new(connectionString, timeout);
            _nodes = new(_connection);
            _origins = new(_connection, loss => Unprepared?.Invoke(loss));
        }
        catch (ArgumentException error)
        {
            throw Unusable("(Redis)", error);
        }
    }

    public override ServerTools Tools { get; } = new(
        "Redis", "redis-cli --rdb FILE", "with the server stopped, put FILE in the place of its dump.rdb, without an append-only file beside it");

    public override bool IsShared => true;

    public override IReadOnlyList<StoreRemark> Remarks => _remarks;

    private volatile IReadOnlyList<StoreRemark> _remarks = [];

    public override string? WeakTls => _connection is { IsEncrypted: false, IsLocal: false } ? "ssl is not on" : null;

    public override string TlsAdvice => "Add ssl=true to the connection string.";

    /// <summary>Why it cannot be used; null when it can.</summary>
    public static string? ProblemWith(string? connectionString) =>
        string.IsNullOrEmpty(connectionString) ? "is required for Redis, such as 'redis:6379,user=bff,password=…'." : null;

    public override Task<IReadOnlyList<Node>> AnnounceAsync(Node self, DateTimeOffset forgetBefore, CancellationToken cancellationToken) =>
        _nodes.AnnounceAsync(self, forgetBefore, cancellationToken);

    public override Task LeaveAsync(Node self, CancellationToken cancellationToken) => _nodes.LeaveAsync(self, cancellationToken);

    // The driver looks only once a second for what is late.
    public override Task<T> WithinAsync<T>(Task<T> work, TimeSpan limit, TimeProvider clock) => work.WaitAsync(limit, clock);

    // There is one, and the driver makes it anew when it is dead; not when it leads to what is a primary no longer.
    public override void ForgetConnections() => _connection.LeaveReplicas();

    public override SessionStoreException? FailureOf(Exception error) => RedisFailures.Of(error) ?? base.FailureOf(error);

    public override bool MayPass(Exception error) => error is RedisException or RedisCommandException or TimeoutException || base.MayPass(error);

    public override Task CarryChangesAsync(SessionChanges changes, TimeProvider clock, ILoggerFactory loggers, CancellationToken cancellationToken) =>
        new RedisChanges(_connection, changes, clock, loggers.CreateLogger<RedisChanges>()).CarryAsync(cancellationToken);

    public override IFullSessionStore OpenStore(TokenProtector protector, SessionChanges changes, IOptions<SessionClients> clients, TimeProvider clock) =>
        new RedisSessionStore(_connection, protector, changes, clients, clock, _origins);

    /// <param name="protector">Seals the tokens.</param>
    /// <param name="changes">Told of each write.</param>
    /// <param name="clients">Ours.</param>
    /// <param name="clock">The time.</param>
    /// <param name="maxRememberedEnds">The oldest ends are forgotten sooner when there are more.</param>
    public IFullSessionStore OpenStore(
        TokenProtector protector, SessionChanges changes, IOptions<SessionClients> clients, TimeProvider clock, int maxRememberedEnds) =>
        new RedisSessionStore(_connection, protector, changes, clients, clock, _origins, maxRememberedEnds);

    public override IXmlRepository OpenKeyRing(ILoggerFactory loggers) => new RedisKeyRing(_connection);

    public override SchemaMigration? FindMigration()
    {
        Use(() => RedisSchema.EnsureUsable(_connection.Database));
        return null;
    }

    public override void Prepare() => Use(() =>
    {
        RedisSchema.EnsureUsable(_connection.Database);
        _remarks = RedisServerChecks.Run(_connection.Primaries);
        RedisSchema.Write(_connection.Database);
        Task.Run(_origins.WriteAsync).GetAwaiter().GetResult();   // one by one, with a shard for each, it would take as many round trips
    });

    private void Use(Action use)
    {
        try
        {
            _connection.Open();
            use();
        }
        catch (Exception error) when (RedisFailures.Of(error) is { } failure)
        {
            var message = $"Bff:Sessions:ConnectionString: the session store (Redis) cannot be used: {failure.Message}";
            throw RedisFailures.IsDenied(error) ? new IOException(message, error)
                : new SessionStoreException(message, error) { IsUnanswered = failure.IsUnanswered, IsConnection = failure.IsConnection };
        }
        catch (Exception error) when (error is IOException or TimeoutException)
        {
            throw Unusable("(Redis)", error);
        }
    }

    public override ValueTask DisposeAsync() => _connection.DisposeAsync();
}
