using Bff.Sessions;
using Bff.Sessions.Store;
using Bff.Sessions.Store.PostgreSql;
using Bff.Sessions.Store.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace Bff.Tests.Sessions;

public sealed class StoreHealthTests
{
    private static readonly SessionStoreException Silent = new("no answer") { IsUnanswered = true };
    private static readonly SessionStoreException Full = new("disk full");

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2030, 1, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly StoreHealth _health;

    public StoreHealthTests() => _health = new StoreHealth(_clock, NullLogger<StoreHealth>.Instance);

    [Fact]
    [Trait("Standard", "ASVS-16")]
    public void Calls_in_a_row_without_an_answer_open_the_breaker_until_a_probe_is_answered()
    {
        for (var call = 0; call < StoreHealth.Threshold; call++)
        {
            _health.Enter(StoreAccess.Write);
            _health.Failed(StoreAccess.Write, Silent);
        }

        Should.Throw<SessionStoreException>(() => _health.Enter(StoreAccess.Write)).Message.ShouldBe("no answer");
        _health.Enter(StoreAccess.Read);   // a locked file can be read
        _clock.Advance(TimeSpan.FromHours(1));
        Should.Throw<SessionStoreException>(() => _health.Enter(StoreAccess.Write));
        _health.Succeeded(StoreAccess.Write);
        _health.Enter(StoreAccess.Write);
    }

    [Fact]
    public void A_store_that_says_no_at_once_keeps_nobody_waiting_so_it_is_asked_on()
    {
        for (var call = 0; call < 10; call++) { _health.Failed(StoreAccess.Write, Full); }
        _health.Enter(StoreAccess.Write);
        _health.IsAway.ShouldBeTrue();
    }

    [Fact]
    public void It_is_away_from_the_first_failure_until_both_can_be_done_again()
    {
        var since = _clock.GetUtcNow();
        _health.Failed(StoreAccess.Read, Silent);
        _clock.Advance(TimeSpan.FromSeconds(3));
        _health.Failed(StoreAccess.Write, Full);
        _health.WhenAway.IsCompleted.ShouldBeTrue();
        _health.WhenBack.IsCompleted.ShouldBeFalse();
        _health.Succeeded(StoreAccess.Read);
        (_health.IsAway, _health.CannotRead, _health.LastError).ShouldBe((true, false, "disk full"));
        var back = _health.WhenBack;
        _health.Succeeded(StoreAccess.Write);

        (_health.IsAway, _health.Since, _health.BackAt).ShouldBe((false, null, since.AddSeconds(3)));
        back.IsCompleted.ShouldBeTrue();
        _health.WhenAway.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public void What_was_not_there_at_the_start_is_not_asked_before_it_is_prepared()
    {
        _health.MustBePrepared(Full);
        Should.Throw<SessionStoreException>(() => _health.Enter(StoreAccess.Read));
        _health.Succeeded(StoreAccess.Read);
        Should.Throw<SessionStoreException>(() => _health.Enter(StoreAccess.Read));
        _health.Prepared();
        _health.Enter(StoreAccess.Read);
        _health.IsAway.ShouldBeFalse();
    }

    [Fact]
    public void Whatever_a_driver_throws_is_the_stores_fault_and_a_mistake_of_ours_is_not()
    {
        var sqlite = new SqliteDatabase("Data Source=bff.db", "/", TimeSpan.FromSeconds(5));
        var postgres = new PostgreSqlDatabase("Host=localhost", TimeSpan.FromSeconds(5));
        foreach (var error in new Exception[]
        {
            new NpgsqlException("refused"), new NpgsqlException("late", new TimeoutException()), new TimeoutException(),
            new System.Net.Sockets.SocketException(111), new IOException(), new UnauthorizedAccessException(),
            new PostgresException("too many", "FATAL", "FATAL", "53300"),
        })
        {
            postgres.FailureOf(error).ShouldNotBeNull(error.ToString());
        }

        foreach (var error in new Exception[] { new SqliteException("full", 13), new TimeoutException(), new IOException(), new UnauthorizedAccessException() })
        {
            sqlite.FailureOf(error).ShouldNotBeNull(error.ToString());
        }

        sqlite.FailureOf(new InvalidOperationException()).ShouldBeNull();
        postgres.FailureOf(new InvalidOperationException()).ShouldBeNull();
        postgres.FailureOf(new OperationCanceledException()).ShouldBeNull("who stops waiting says nothing about the store");
        sqlite.FailureOf(new SqliteException("locked", 5))!.IsUnanswered.ShouldBeTrue();
        sqlite.FailureOf(new SqliteException("full", 13))!.IsUnanswered.ShouldBeFalse();
        sqlite.FailureOf(new SqliteException("malformed", 11))!.IsDamage.ShouldBeTrue();
        Of("53300").IsConnection.ShouldBeFalse("those there are stay good");
        (Of("XX000").IsDamage, Of("XX001").IsDamage).ShouldBe((false, true));
        foreach (var state in new[] { "22001", "23505", "40001", "42501" }) { Of(state).IsRefusal.ShouldBeTrue(state); }
        (Of("57P01").IsRefusal, Of("53100").IsRefusal, sqlite.FailureOf(new SqliteException("unique", 19))!.IsRefusal).ShouldBe((false, false, true));
        postgres.FailureOf(new PostgresException("shutting down", "FATAL", "FATAL", "57P01"))!.IsConnection.ShouldBeTrue();

        SessionStoreException Of(string state) => postgres.FailureOf(new PostgresException("no", "ERROR", "ERROR", state))!;
    }
}
