using Bff.Sessions;
using Bff.Sessions.Keys;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Redis;
using Bff.Tests.Sessions;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Bff.ClusterTests.Redis;

internal sealed class RedisUnderTest(RedisKind servers, TimeSpan timeout) : StorageUnderTest
{
    /// <summary>Two busy cores.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    public RedisStorage Redis { get; } = new(servers.ConnectionString, timeout);

    public static async Task<StorageUnderTest> OpenAsync(RedisKind servers, TimeSpan? timeout = null)
    {
        await servers.EmptyAsync();
        var storage = new RedisUnderTest(servers, timeout ?? Timeout);
        storage.Redis.Prepare();
        return storage;
    }

    public override IFullSessionStore OpenStore(
        TokenProtector protector, SessionChanges changes, SessionClients clients, TimeProvider clock, int maxRememberedEnds = 1_000_000) =>
        Redis.OpenStore(protector, changes, Options.Create(clients), clock, maxRememberedEnds);

    public override Task LeaveFailureAsync(Session session, DateTimeOffset since) =>
        servers.Admin.GetDatabase().HashSetAsync(RecordOf(session), [new("fails", 1), new("since", since.ToUnixTimeMilliseconds())]);

    public static StackExchange.Redis.RedisKey RecordOf(Session session) => RedisKeys.Record(RedisKeys.ShardOf(session.Subject), session.Id);

    public override ValueTask DisposeAsync() => Redis.DisposeAsync();

    /// <summary>A store on the real clock, of a node that has seen nothing so far.</summary>
    public static IFullSessionStore StoreOn(RedisStorage storage, SessionChanges? changes = null, TokenProtector? protector = null) => storage.OpenStore(
        protector ?? new(new EphemeralDataProtectionProvider(), NullLogger<TokenProtector>.Instance), changes ?? new(), Options.Create(new SessionClients()),
        TimeProvider.System);

    public static Session NewSession(string user)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        return new()
        {
            Id = SessionKey.New().Id, Sid = SessionKey.New().Key, Subject = user, Claims = [new("sub", user)], CreatedAt = now, SignInBegunAt = now,
            EndsAt = now.AddMinutes(30), AbsoluteEndsAt = now.AddHours(12), Tokens = new("access", "refresh", "id", "openid", now, now.AddMinutes(1)),
            DueAt = now,
        };
    }
}
