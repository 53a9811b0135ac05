using Bff.Providers;
using Bff.Sessions;
using Bff.Sessions.Keys;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Sql;
using Bff.Sessions.Store.Sqlite;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Bff.Tests.Sessions;

public sealed class SessionCacheTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("bff-cache-").FullName;
    private readonly FakeTimeProvider _clock = new(Now);
    private readonly SessionChanges _changes = new();
    private readonly SqlSessionStore _store;
    private readonly SqlSessionStore _elsewhere;
    private readonly SessionMetrics _metrics = new(
        new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>(),
        new SignInPlaces(() => []));

    public SessionCacheTests()
    {
        var database = new SqliteDatabase($"Data Source={_folder}/bff.db", "/", TimeSpan.FromSeconds(5));
        database.Prepare();
        var protector = new TokenProtector(new EphemeralDataProtectionProvider(), NullLogger<TokenProtector>.Instance);
        _store = new SqlSessionStore(database, protector, _changes, Options.Create(new SessionClients()), _clock);
        _elsewhere = new SqlSessionStore(database, protector, new SessionChanges(), Options.Create(new SessionClients()), _clock);
    }

    [Fact]
    public async Task A_copy_is_used_until_its_lifetime_is_over()
    {
        using var cache = Cache(seconds: 5);
        var session = await AddAsync();
        var first = await cache.FindAsync(session.Id, default);
        var second = await cache.FindAsync(session.Id, default);
        await _elsewhere.RemoveAsync(session.Id, null, EndReasons.SignedOut, default);
        (await cache.FindAsync(session.Id, default)).ShouldBeSameAs(second);
        second!.Tokens.ShouldBe(first!.Tokens);
        _clock.Advance(TimeSpan.FromSeconds(5));
        (await cache.FindAsync(session.Id, default)).ShouldBeNull();
    }

    [Fact]
    public async Task A_change_on_this_node_drops_the_copy_at_once()
    {
        using var cache = Cache(seconds: 5);
        var session = await AddAsync();
        await cache.FindAsync(session.Id, default);
        await _store.RemoveAsync(session.Id, null, EndReasons.SignedOut, default);
        (await cache.FindAsync(session.Id, default)).ShouldBeNull();
    }

    [Fact]
    public async Task Who_is_told_of_a_change_no_longer_finds_the_copy()
    {
        using var cache = Cache(seconds: 5);
        var found = new List<Session?>();
        using var open = new PerSession<string>(
            cache, (change, _) => found.Add(cache.FindAsync(change.Id, default).AsTask().GetAwaiter().GetResult()), _ => { });
        var (session, other) = (await AddAsync(), await AddAsync());
        open.TryAdd(session.Id, "a stream").ShouldBeTrue();
        await cache.FindAsync(session.Id, default);
        await cache.FindAsync(other.Id, default);

        foreach (var id in new[] { session.Id, other.Id }) { await _store.RemoveAsync(id, null, EndReasons.SignedOut, default); }

        found.ShouldBe([null], "nothing is open for the other one");
    }

    [Fact]
    public async Task A_copy_that_was_looked_at_and_is_as_the_store_has_it_serves_on()
    {
        using var cache = Cache(seconds: 5);
        var session = await AddAsync();
        await cache.FindAsync(session.Id, default);
        var copy = await cache.FindAsync(session.Id, default);
        _clock.Advance(TimeSpan.FromSeconds(4));

        await cache.LookAsync([session.Id], default);
        _clock.Advance(TimeSpan.FromSeconds(4));

        (await cache.FindAsync(session.Id, default)).ShouldBeSameAs(copy);
    }

    [Fact]
    public async Task Who_has_something_open_is_told_by_a_look_of_what_no_message_told()
    {
        using var cache = Cache(seconds: 5);
        var told = new List<SessionId>();
        using var open = new PerSession<string>(cache, (change, _) => told.Add(change.Id), _ => { });
        var (same, renewed, ended) = (await AddAsync(), await AddAsync(), await AddAsync());
        foreach (var session in new[] { same, renewed, ended })
        {
            await cache.FindAsync(session.Id, default);
            open.TryAdd(session.Id, "a stream");
        }

        var lease = await _elsewhere.ClaimAsync(renewed.Id, 1, Now, "elsewhere", Now.AddSeconds(15), default);
        await _elsewhere.CompleteRenewalAsync(lease!, renewed.Tokens! with { AccessToken = "new" }, Now.AddMinutes(1), claims: null, default);
        await _elsewhere.RemoveAsync(ended.Id, null, EndReasons.SignedOut, default);
        told.ShouldBeEmpty();

        await cache.LookAsync([same.Id, renewed.Id, ended.Id], default);

        told.ShouldBe([renewed.Id, ended.Id], ignoreOrder: true);
        (await cache.FindAsync(renewed.Id, default))!.Tokens!.AccessToken.ShouldBe("new");
        (await cache.FindAsync(ended.Id, default)).ShouldBeNull();
    }

    [Fact]
    public async Task A_lifetime_of_zero_switches_it_off()
    {
        using var cache = Cache(seconds: 0);
        var session = await AddAsync();
        await cache.FindAsync(session.Id, default);
        await _elsewhere.RemoveAsync(session.Id, null, EndReasons.SignedOut, default);
        (await cache.FindAsync(session.Id, default)).ShouldBeNull();
    }

    [Fact]
    public async Task A_clock_set_back_does_not_keep_a_copy_alive()
    {
        using var cache = Cache(seconds: 5);
        var session = await AddAsync();
        _clock.SetUtcNow(Now.AddHours(1));
        await cache.FindAsync(session.Id, default);
        await _elsewhere.RemoveAsync(session.Id, null, EndReasons.SignedOut, default);
        _clock.AdjustTime(Now);
        (await cache.FindAsync(session.Id, default)).ShouldBeNull();
    }

    [Fact]
    public async Task An_old_copy_that_is_as_the_store_has_it_serves_on_and_is_not_read_anew()
    {
        using var cache = Cache(seconds: 5);
        var session = await CalledAsync(cache);
        var copy = await cache.FindAsync(session.Id, default);
        _clock.Advance(TimeSpan.FromSeconds(5));

        (await cache.FindAsync(session.Id, default)).ShouldBeSameAs(copy);

        _clock.Advance(TimeSpan.FromSeconds(5));
        (await _elsewhere.SlideAsync(session.Id, Now.AddMinutes(50), default)).ShouldBe(session.EndsAt);
        (await cache.FindAsync(session.Id, default)).ShouldBeSameAs(copy);

        _clock.Advance(TimeSpan.FromSeconds(5));
        var lease = (await _elsewhere.ClaimAsync(session.Id, 1, Now, "elsewhere", Now.AddSeconds(15), default))!;
        await _elsewhere.ReleaseAsync(lease, Now.AddMinutes(1), Now.AddMinutes(1), "provider_unavailable:timeout", default);
        (await cache.FindAsync(session.Id, default))!.Failures.ShouldBe(1);
    }

    [Fact]
    public async Task What_this_node_has_renewed_is_not_read_by_the_next_call()
    {
        using var cache = Cache(seconds: 5);
        var session = await CalledAsync(cache);

        await RenewAsync(cache, session, "new");
        await _elsewhere.RemoveAsync(session.Id, null, EndReasons.SignedOut, default);

        (await cache.FindAsync(session.Id, default))!.Tokens!.Authorization.ShouldBe("Bearer new", "from the copy of what was written");
        _clock.Advance(TimeSpan.FromSeconds(5));
        (await cache.FindAsync(session.Id, default)).ShouldBeNull();
    }

    [Fact]
    public async Task What_another_node_has_changed_during_a_renewal_is_read()
    {
        using var cache = Cache(seconds: 5);
        var session = await CalledAsync(cache);

        await RenewAsync(cache, session, "new", meanwhile: () => _changes.Publish(new SessionChange(session.Id, DueAt: null, Remote: true)));
        await _elsewhere.RemoveAsync(session.Id, null, EndReasons.SignedOut, default);

        (await cache.FindAsync(session.Id, default)).ShouldBeNull();
    }

    [Fact]
    public async Task A_session_that_was_used_while_it_was_renewed_keeps_its_longer_life()
    {
        using var cache = Cache(seconds: 5);
        var session = await CalledAsync(cache, endsIn: TimeSpan.FromMinutes(1));

        await RenewAsync(cache, session, "new", before: async () =>
        {
            await _store.SlideAsync(session.Id, Now.AddMinutes(31), default);
            await cache.FindAsync(session.Id, default);
        });

        (await cache.FindAsync(session.Id, default))!.EndsAt.ShouldBe(Now.AddMinutes(31));
    }

    [Fact]
    public async Task An_old_copy_of_a_row_that_nobody_can_make_sense_of_any_more_is_of_no_use()
    {
        using var cache = Cache(seconds: 5);
        var session = await CalledAsync(cache);
        await ExecuteAsync("UPDATE sessions SET ends_at = 9223372036854775807");
        _clock.Advance(TimeSpan.FromSeconds(5));

        (await cache.FindAsync(session.Id, default))!.Tokens.ShouldBeNull();
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task A_renewal_makes_no_copy_of_a_session_that_is_not_called_here_or_whose_changes_are_not_heard(bool isCalled, bool isBlind)
    {
        using var cache = Cache(seconds: 5);
        var session = isCalled ? await CalledAsync(cache) : await AddAsync();
        _changes.Blind = isBlind;

        await RenewAsync(cache, session, "new");
        await _elsewhere.RemoveAsync(session.Id, null, EndReasons.SignedOut, default);

        (await cache.FindAsync(session.Id, default)).ShouldBeNull();
    }

    private async Task<Session> CalledAsync(SessionCache cache, TimeSpan? endsIn = null)
    {
        var session = await AddAsync(endsIn);
        await cache.FindAsync(session.Id, default);
        return session;
    }

    /// <summary>As a node does that renews a session.</summary>
    private async Task RenewAsync(SessionCache cache, Session session, string accessToken, Func<Task>? before = null, Action? meanwhile = null)
    {
        var lease = (await _store.ClaimAsync(session.Id, 1, Now, "here", Now.AddSeconds(15), default))!;
        if (before is not null) { await before(); }
        var next = lease.Session with { Tokens = session.Tokens! with { AccessToken = accessToken }, Version = 2 };
        var place = cache.Expect(next);
        meanwhile?.Invoke();
        (await _store.CompleteRenewalAsync(lease, next.Tokens, Now.AddMinutes(1), claims: null, default)).ShouldBeTrue();
        if (place is { } free) { cache.Renew(free, next); }
    }

    [Fact]
    [Trait("Standard", "HARD-11")]
    public async Task A_node_that_learns_of_a_revoked_key_trusts_no_copy_of_before()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "keys"));
        var services = new ServiceCollection();
        services.AddDataProtection().SetApplicationName(LiveKeys.ApplicationName).PersistKeysToFileSystem(folder);
        await using var provider = services.BuildServiceProvider();
        var manager = provider.GetRequiredService<IKeyManager>();
        var options = Options.Create(new KeyManagementOptions { XmlRepository = new FileSystemXmlRepository(folder, NullLoggerFactory.Instance) });
        using var keys = new LiveKeys(new(manager), options, NullLoggerFactory.Instance, _clock);
        keys.CreateProtector("test").Protect([]);
        using var cache = Cache(seconds: 5, keys);
        var session = await CalledAsync(cache);
        await _elsewhere.RemoveAsync(session.Id, null, EndReasons.EndedByAdmin, default);
        (await cache.FindAsync(session.Id, default)).ShouldNotBeNull("nobody has told this node");

        manager.RevokeKey(manager.GetAllKeys().Single().KeyId);
        await keys.LooksForAsync([0x09, 0xF0, 0xC9, 0xF0, .. new byte[80]], default);   // with a key that is not there, so all are read anew

        (await cache.FindAsync(session.Id, default)).ShouldBeNull("it was read");
    }

    private SessionCache Cache(int seconds, LiveKeys? keys = null) =>
        new(
            _store,
            _changes,
            new StoreHealth(_clock, NullLogger<StoreHealth>.Instance),
            FixedOptions.Of(new SessionsOptions { CacheLifetime = TimeSpan.FromSeconds(seconds) }),
            _metrics,
            _clock,
            keys);

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={_folder}/bff.db");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    private async Task<Session> AddAsync(TimeSpan? endsIn = null)
    {
        var session = new Session
        {
            Id = SessionKey.New().Id,
            Sid = "sid",
            Subject = "alice",
            Claims = [],
            CreatedAt = Now,
            EndsAt = Now + (endsIn ?? TimeSpan.FromHours(1)),
            AbsoluteEndsAt = Now.AddHours(1),
            Tokens = new TokenSet("a", "r", null, null, Now, Now.AddMinutes(1)),
        };
        await _store.AddAsync(session, [], limit: null, default);
        return session;
    }

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }
}
