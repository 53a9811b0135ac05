using Bff.Configuration;
using Bff.Providers;
using Bff.Sessions;
using Bff.Sessions.Keys;
using Bff.Sessions.Store;
using Bff.Sessions.Store.Sql;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Bff.Tests.Sessions;

/// <summary>The world of the contracts: a storage, sessions in it, and a clock. Each storage runs all of them.</summary>
public abstract class StoreContract : IAsyncLifetime
{
    private protected static readonly DateTimeOffset Now = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private protected static readonly DateTimeOffset LeaseEnd = Now.AddSeconds(15);

    private protected const string BackToTheFirstVersion =
        """
        DROP INDEX sessions_newest; DROP INDEX sessions_handle; DROP TABLE used_once; DROP TABLE revocations; DROP TABLE ends; DROP TABLE client_tokens;
        DROP INDEX sessions_due; DROP INDEX sessions_client_due; DROP INDEX sessions_leased; DROP TABLE counts; DROP INDEX sessions_end; DROP INDEX sessions_failing; DROP TABLE nodes;
        DROP INDEX sessions_provider_sid; ALTER TABLE sessions DROP COLUMN provider; ALTER TABLE sessions DROP COLUMN front_end;
        ALTER TABLE sessions DROP COLUMN token_expires_at; ALTER TABLE sessions DROP COLUMN failing_since;
        ALTER TABLE sessions DROP COLUMN name; ALTER TABLE sessions DROP COLUMN last_error; ALTER TABLE sessions DROP COLUMN client;
        CREATE INDEX sessions_due ON sessions (due_at) WHERE due_at IS NOT NULL; CREATE INDEX sessions_end ON sessions (ends_at);
        """;

    private protected FakeTimeProvider Clock { get; } = new(Now);

    private protected SessionChanges Changes { get; } = new();

    private protected TokenProtector Protector { get; } = new(new EphemeralDataProtectionProvider(), NullLogger<TokenProtector>.Instance);

    private protected ISessionStore Store => Full;

    private protected IRenewalQueue Queue => Full;

    private protected ISessionDirectory Directory => Full;

    private IFullSessionStore Full => field ??= StoreOf(new SessionClient());

    /// <summary>The store as a node of this client sees it.</summary>
    private protected IFullSessionStore StoreOf(SessionClient client, int maxRememberedEnds = 1_000_000) =>
        Storage.OpenStore(Protector, Changes, new SessionClients(client), Clock, maxRememberedEnds);

    /// <summary>The store as a node sees it that is a client at two providers.</summary>
    private protected IFullSessionStore StoreOfTwoProviders => field ??= Storage.OpenStore(
        Protector, Changes, new SessionClients(new SessionClient(), new SessionClient { Provider = "staff", Name = "client-at-staff" }), Clock);

    private protected static TokenSet Tokens(string name) => new(name + "-access", name + "-refresh", name + "-id", "openid", Now, Now.AddMinutes(1));

    private protected async Task<Session> AddAsync(
        int? dueIn = 60, TimeSpan? endsIn = null, TimeSpan? absolutelyIn = null, string user = "alice", string name = "Alice Ädams 🙂", int createdIn = 0,
        string frontEnd = SettingsSection.Default, string provider = SettingsSection.Default, IFullSessionStore? store = null)
    {
        var session = new Session
        {
            Id = SessionKey.New().Id,
            Sid = SessionKey.New().Key,
            FrontEnd = frontEnd,
            Provider = provider,
            Subject = user,
            Claims = [new("sub", user), new("name", name), new("auth_time", "1", "http://www.w3.org/2001/XMLSchema#integer32")],
            SessionState = "state",
            CreatedAt = Now.AddSeconds(createdIn),
            EndsAt = Now + (endsIn ?? TimeSpan.FromMinutes(30)),
            AbsoluteEndsAt = Now + (absolutelyIn ?? TimeSpan.FromHours(12)),
            Tokens = Tokens("old"),
            DueAt = dueIn is { } seconds ? Now.AddSeconds(seconds) : null,
        };
        await (store ?? Full).AddAsync(session, [], limit: null, default);
        return session;
    }

    private protected async Task<IEnumerable<SessionId>> FoundAsync(string? user) =>
        (await Directory.SearchAsync(new(user), null, 100, Now, default)).Select(session => session.Id);

    private protected async Task EndAsync(Session session, string end, IFullSessionStore? store = null)
    {
        store ??= Full;
        switch (end)
        {
            case "removed": await store.RemoveAsync(session.Id, null, EndReasons.SignedOut, default); break;
            case "removed as seen": await store.RemoveAsync(session.Id, (await FindAsync(session))!.Version, EndReasons.SessionEnded, default); break;
            case "all of the user": await store.RemoveUserAsync(session.Subject, null, EndReasons.EndedByAdmin, default); break;
            case "swept": await store.RemoveEndedAsync(session.EndsAt, default); break;
            case "sealed with a key": await store.RemoveSealedWithAsync(KeyOf(session), EndReasons.EndedByAdmin, default); break;
        }
    }

    private protected Guid KeyOf(Session session) => new(Protector.Protect(session.Id, session.Tokens!).AsSpan(4, 16));

    private protected Task<IReadOnlyList<Revocation>> ClaimRevocationsAsync(DateTimeOffset? at = null, int take = 10) =>
        ClaimRevocationsAsync(Store, at ?? Now, take);

    private protected static Task<IReadOnlyList<Revocation>> ClaimRevocationsAsync(ISessionStore store, DateTimeOffset at, int take = 10) =>
        store.ClaimRevocationsAsync(SettingsSection.Default, at, at + (LeaseEnd - Now), take, default);

    private protected Task<Session?> FindAsync(Session session) => Store.FindAsync(session.Id, default);

    private protected Task<IReadOnlyList<Lease>> ClaimDueAsync(string owner = "me", int take = 100) =>
        Queue.ClaimDueAsync(SettingsSection.Default, Now, owner, LeaseEnd, take, default);

    private protected Task<Lease?> ClaimAsync(Session session, string owner = "me") =>
        Queue.ClaimAsync(session.Id, session.Version, Now, owner, LeaseEnd, default);

    private protected StorageUnderTest Storage { get; private set; } = null!;

    private protected SqlUnderTest Sql => (SqlUnderTest)Storage;

    private protected SessionDatabase Database => Sql.Database;

    private protected abstract Task<StorageUnderTest> OpenAsync();

    public async ValueTask InitializeAsync() => Storage = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await Storage.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
