using Bff.Sessions;
using Bff.Sessions.Keys;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Sql;
using Bff.Sessions.Store.Sqlite;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Bff.Tests.Sessions;

/// <summary>What an operation that fails says of the store.</summary>
public sealed class InstrumentedSessionStoreTests : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("bff-watched-").FullName;
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2030, 1, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly StoreHealth _health;
    private readonly SqliteDatabase _database;
    private readonly InstrumentedSessionStore _store;

    public InstrumentedSessionStoreTests()
    {
        _health = new StoreHealth(_clock, NullLogger<StoreHealth>.Instance);
        _database = new SqliteDatabase($"Data Source={_folder}/bff.db", "/", TimeSpan.FromSeconds(5));
        _database.Prepare();
        var protector = new TokenProtector(new EphemeralDataProtectionProvider(), NullLogger<TokenProtector>.Instance);
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>();
        _store = new InstrumentedSessionStore(
            new SqlSessionStore(
                _database, protector, new SessionChanges(), Options.Create(new SessionClients()), _clock), _database, _health,
            new SessionMetrics(meters, new SignInPlaces(() => [])),
            new Audit(NullLogger<Audit>.Instance, _clock, new AuditedClient()),
            new SessionEvents([], _clock, NullLogger<SessionEvents>.Instance),
            FixedOptions.Of(new SessionsOptions()), _clock, NullLogger<InstrumentedSessionStore>.Instance);
    }

    [Fact]
    public async Task A_store_that_is_not_prepared_is_not_probed_though_it_answers()
    {
        _health.MustBePrepared(new SessionStoreException("its keys do not open"));

        (await Should.ThrowAsync<SessionStoreException>(() => _store.ProbeReadAsync(default))).Message.ShouldBe("its keys do not open");
        await Should.ThrowAsync<SessionStoreException>(() => _store.ProbeWriteAsync(default));

        _health.Prepared();
        await _store.ProbeReadAsync(default);
        await _store.ProbeWriteAsync(default);
    }

    [Fact]
    public async Task A_write_that_breaks_a_rule_is_refused_and_the_store_is_as_well_as_before()
    {
        Execute("CREATE TRIGGER never BEFORE INSERT ON used_once WHEN new.id = 'wrong' BEGIN SELECT RAISE(FAIL, 'not this one'); END");

        for (var call = 0; call < StoreHealth.Threshold; call++)
        {
            await Should.ThrowAsync<SessionStoreException>(() => _store.UseOnceAsync("wrong", _clock.GetUtcNow(), default));
        }

        _health.IsAway.ShouldBeFalse();
        (await _store.UseOnceAsync("right", _clock.GetUtcNow(), default)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_probe_that_breaks_a_rule_finds_the_store_away()
    {
        Execute("CREATE TRIGGER never BEFORE INSERT ON used_once BEGIN SELECT RAISE(FAIL, 'never'); END");
        await Should.ThrowAsync<SessionStoreException>(() => _store.ProbeWriteAsync(default));
        _health.IsAway.ShouldBeTrue();
    }

    private void Execute(string sql)
    {
        using var connection = _database.DataSource.OpenConnection();
        connection.Execute(sql);
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }
}
