using System.Net;
using Bff.ClusterTests.Redis;
using Bff.Sessions;
using Bff.Sessions.Keys;
using Bff.Sessions.Store.Redis;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace Bff.ClusterTests.Stores;

/// <summary>Servers as they are found, and what is said of those that cannot be used.</summary>
public sealed class RedisStorageTests
{
    private static readonly TimeSpan Timeout = RedisUnderTest.Timeout;

    [Theory]
    [InlineData("allkeys-lru")]
    [InlineData("volatile-ttl")]
    public async Task A_server_that_throws_sessions_away_is_refused(string policy)
    {
        await using var server = await RedisServer.StartAsync("--maxmemory-policy", policy);
        await using var storage = new RedisStorage(server.ConnectionString, Timeout);
        Should.Throw<IOException>(storage.Prepare).Message.ShouldBe(
            $"Bff:Sessions:ConnectionString: the session store (Redis) cannot be used: its maxmemory-policy is {policy}: when memory is short it throws "
            + "sessions away, and their users are signed out. Set it to noeviction");
    }

    [Fact]
    public async Task A_server_that_keeps_nothing_over_a_restart_is_used_and_remarked_upon()
    {
        await using var server = await RedisServer.StartAsync();
        await using var storage = new RedisStorage(server.ConnectionString, Timeout);
        storage.Prepare();
        storage.Remarks.ShouldHaveSingleItem().Advice.ShouldBe("Set appendonly yes.");
    }

    [Theory]
    [InlineData("--appendonly", "yes")]
    [InlineData("--save", "60 1")]
    public async Task A_server_that_keeps_its_data_is_not_remarked_upon(string setting, string value)
    {
        await using var server = await RedisServer.StartAsync(setting, value);
        await using var storage = new RedisStorage(server.ConnectionString, Timeout);
        storage.Prepare();
        storage.Remarks.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_wrong_password_is_named_as_such_and_not_told()
    {
        await using var server = await RedisServer.StartAsync("--requirepass", "the-right-one");
        await using var storage = new RedisStorage($"{server.ConnectionString},password=the-wrong-one", TimeSpan.FromSeconds(5));
        var error = Should.Throw<SessionStoreException>(storage.Prepare);
        error.Message.ShouldBe(
            "Bff:Sessions:ConnectionString: the session store (Redis) cannot be used: Redis refuses the user or the password of the connection string.");
        error.ToString().ShouldNotContain("the-wrong-one");
    }

    [Theory]
    [InlineData("127.0.0.1:6379", null)]
    [InlineData("localhost:26379,serviceName=bff", "ssl is not on")]
    [InlineData("localhost:26379,serviceName=bff,ssl=true", null)]
    [InlineData("redis.internal:6379", "ssl is not on")]
    public async Task Servers_elsewhere_without_TLS_are_warned_of_also_behind_sentinels_here(string connectionString, string? expected)
    {
        await using var storage = new RedisStorage(connectionString, Timeout);
        storage.WeakTls.ShouldBe(expected);
    }

    [Fact]
    public async Task A_user_who_may_not_write_is_not_waited_for()
    {
        await using var server = await RedisServer.StartAsync();
        await AllowAsync(server, "~bff:* &bff:* +@all -@write -@scripting");
        await using var storage = new RedisStorage($"{server.ConnectionString},user=bff,password=secret", Timeout);
        Should.Throw<IOException>(storage.Prepare).Message.ShouldContain("NOPERM");
    }

    [Fact]
    public void A_server_that_does_not_answer_is_named_with_its_setting() =>
        Should.Throw<SessionStoreException>(new RedisStorage("127.0.0.1:1", TimeSpan.FromSeconds(1)).Prepare).Message
            .ShouldStartWith("Bff:Sessions:ConnectionString: ");

    [Fact]
    public void A_connection_string_of_another_store_is_named_with_its_setting_and_not_quoted()
    {
        var error = Should.Throw<IOException>(() => new RedisStorage("redis:6379,Passwort=secret", Timeout));
        error.Message.ShouldBe(
            "Bff:Sessions:ConnectionString: the session store (Redis) cannot be used: StackExchange.Redis does not understand part 2 of the 2 between commas.");
    }

    [Fact]
    public async Task A_store_of_the_next_version_is_used_when_it_says_that_this_one_can_and_else_left_alone()
    {
        await using var server = await RedisServer.StartAsync();
        await using var admin = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString);
        await using var storage = new RedisStorage(server.ConnectionString, Timeout);
        storage.Prepare();
        await admin.GetDatabase().HashSetAsync("bff:schema", "version", RedisSchema.Version + 1);
        storage.Prepare();
        (await admin.GetDatabase().HashGetAsync("bff:schema", "version")).ShouldBe(RedisSchema.Version + 1);

        await admin.GetDatabase().HashSetAsync("bff:schema", "readable_from", RedisSchema.Version + 1);

        Should.Throw<IOException>(storage.Prepare).Message.ShouldContain(
            $"newer version of Bff (schema {RedisSchema.Version + 1}, for programs that know schema {RedisSchema.Version + 1}; this one knows "
            + $"{RedisSchema.Version})");
        Should.Throw<IOException>(() => storage.FindMigration());
    }

    [Fact]
    public async Task A_server_that_has_become_a_replica_behind_a_proxy_is_left_for_the_new_primary()
    {
        await using var first = await RedisServer.StartAsync();
        await using var second = await RedisServer.StartAsync();
        await using var relay = new Relay(first.Port);
        await using var storage = new RedisStorage(relay.ConnectionString, TimeSpan.FromSeconds(1));
        storage.Prepare();
        var store = RedisUnderTest.StoreOn(storage);
        await store.AddAsync(RedisUnderTest.NewSession("alice"), [], limit: null, default);

        // As a hosted service fails over: the old primary lives on as a replica, and keeps its connections.
        await using var admin = await ConnectionMultiplexer.ConnectAsync($"{first.ConnectionString},allowAdmin=true");
        relay.LeadTo(second.Port);
        await admin.GetServers().Single().ReplicaOfAsync(new IPEndPoint(IPAddress.Loopback, second.Port));

        await Eventually.HappensAsync(async () =>
        {
            try
            {
                await store.AddAsync(RedisUnderTest.NewSession("alice"), [], limit: null, default);
                return true;
            }
            catch (Exception error) when (storage.FailureOf(error) is { } failure)
            {
                if (failure.IsConnection) { storage.ForgetConnections(); }
                if (failure.IsLoss) { storage.Prepare(); }   // replicas are empty here
                return false;
            }
        });
    }

    [Fact]
    public async Task Two_nodes_share_one_key_ring()
    {
        await using var server = await RedisServer.StartAsync();
        await using var storage = new RedisStorage(server.ConnectionString, Timeout);
        storage.Prepare();
        var (first, second) = (KeyRing(storage), KeyRing(storage));
        second.Unprotect(first.Protect([1, 2, 3])).ShouldBe([1, 2, 3]);
    }

    private static IDataProtector KeyRing(RedisStorage storage)
    {
        var services = new ServiceCollection().AddLogging();
        services.AddDataProtection().SetApplicationName(LiveKeys.ApplicationName);
        services.Configure<Microsoft.AspNetCore.DataProtection.KeyManagement.KeyManagementOptions>(
            keys => keys.XmlRepository = storage.OpenKeyRing(NullLoggerFactory.Instance));
        return services.BuildServiceProvider().GetRequiredService<IDataProtectionProvider>().CreateProtector("test");
    }

    [Fact]
    public async Task Nodes_see_each_other_until_one_leaves_or_says_nothing()
    {
        await using var server = await RedisServer.StartAsync();
        await using var storage = new RedisStorage(server.ConnectionString, Timeout);
        storage.Prepare();
        var start = new DateTimeOffset(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
        (await storage.AnnounceAsync(Node("a", start), start.AddHours(-1), default)).ShouldBeEmpty();
        (await storage.AnnounceAsync(Node("b", start), start.AddHours(-1), default)).ShouldBe([Node("a", start)]);
        (await storage.AnnounceAsync(Node("c", start), start.AddHours(-1), default)).ShouldBe([Node("a", start), Node("b", start)]);
        await storage.LeaveAsync(Node("a", start), default);
        (await storage.AnnounceAsync(Node("c", start.AddHours(2)), start.AddHours(1), default)).ShouldBeEmpty();

    }

    private static Bff.Sessions.Store.Node Node(string name, DateTimeOffset seenAt) =>
        new(name, "0123456789abcdef", "1.2.3", "http://10.0.0.1:3002", seenAt, seenAt, Ready: true) { Renewals = 7 };

    private static async Task AllowAsync(RedisServer server, string rights)
    {
        await using var admin = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString + ",allowAdmin=true");
        await admin.GetServers().Single().ExecuteAsync("ACL", ["SETUSER", "bff", "on", ">secret", .. rights.Split(' ')]);
    }
}
