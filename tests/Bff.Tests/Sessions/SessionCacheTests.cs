using Bff.Providers;
using Bff.Sessions;
using Bff.Sessions.Keys;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Sql;
using Bff.Sessions.Store.Sqlite;
using Microsoft.AspNetCore.DataProtection;
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

    private SessionCache Cache(int seconds) =>
        new(
            _store,
            _changes,
            new StoreHealth(_clock, NullLogger<StoreHealth>.Instance),
            FixedOptions.Of(new SessionsOptions { CacheLifetime = TimeSpan.FromSeconds(seconds) }),
            _metrics,
            _clock);

    private async Task<Session> AddAsync()
    {
        var session = new Session
        {
            Id = SessionKey.New().Id,
            Sid = "sid",
            Subject = "alice",
            Claims = [],
            CreatedAt = Now,
            EndsAt = Now.AddHours(1),
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
