using Bff.Sessions;
using Bff.Sessions.Authentication;
using Bff.Sessions.Keys;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Sql;
using Bff.Sessions.Store.Sqlite;
using Bff.Tests.FrontEnds;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Bff.Tests.Sessions;

public sealed class SlidingExpirationTests : IAsyncDisposable
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("bff-idle-").FullName;
    private readonly FakeTimeProvider _clock = new(Now);
    private readonly SqliteDatabase _database;
    private readonly SqlSessionStore _store;
    private readonly SlidingExpiration _idle;

    public SlidingExpirationTests()
    {
        _database = new SqliteDatabase($"Data Source={_folder}/bff.db", "/", TimeSpan.FromMinutes(1));
        _database.Prepare();
        var protector = new TokenProtector(new EphemeralDataProtectionProvider(), NullLogger<TokenProtector>.Instance);
        _store = new SqlSessionStore(_database, protector, new SessionChanges(), Options.Create(new SessionClients()), _clock);
        _idle = new SlidingExpiration(_store, new StoreHealth(_clock, NullLogger<StoreHealth>.Instance), FrontEndPieces.Of(), _clock);
    }

    [Fact]
    public async Task Who_shows_the_end_waits_for_the_request_that_writes_it_and_nobody_else_does()
    {
        var session = new Session
        {
            Id = SessionKey.New().Id, Sid = "sid", Subject = "alice", Claims = [], CreatedAt = Now, EndsAt = Now.AddMinutes(1), AbsoluteEndsAt = Now.AddDays(1),
            Tokens = new Bff.Providers.TokenSet("access", "refresh", IdToken: null, Scope: null, Now, Now.AddHours(1)),
        };
        await _store.AddAsync(session, [], limit: null, default);
        var slid = Now + new SessionsOptions().IdleTimeout;
        Task<DateTimeOffset?> first, shown;
        using (await _database.TakeTurnToWriteAsync(default))
        {
            first = _idle.SlideAsync(session).AsTask();
            shown = _idle.SlideAsync(session, isShown: true).AsTask();
            (await _idle.SlideAsync(session)).ShouldBe(session.EndsAt);
            (first.IsCompleted, shown.IsCompleted).ShouldBe((false, false));
        }

        (await first, await shown).ShouldBe((slid, slid));
        await _store.RemoveAsync(session.Id, null, EndReasons.SignedOut, default);
        (await _idle.SlideAsync(session)).ShouldBeNull("another node has ended it");
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }
}
