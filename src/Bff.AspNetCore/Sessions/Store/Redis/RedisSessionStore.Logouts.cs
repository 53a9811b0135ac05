using System.Globalization;
using StackExchange.Redis;
using static Bff.Sessions.Store.Redis.RedisConnection;

namespace Bff.Sessions.Store.Redis;

/// <content>What a provider signs out.</content>
internal sealed partial class RedisSessionStore
{
    public async Task<IReadOnlyList<EndedSession>?> LogOutAsync(ProviderLogout logout, CancellationToken cancellationToken)
    {
        var client = clients.Value.Of(logout.Provider).Name;
        var now = clock.GetUtcNow();
        var at = logout.IssuedBy is { } latest && latest < now ? latest : now;   // late, or this clock is ahead: who began since then is let in
        var ended = logout.Subject is null
            ? await LogOutSidAsync(logout, client, at + LogoutMarks.Life, cancellationToken)
            : await LogOutUserAsync(logout, client, at + LogoutMarks.Life, cancellationToken);
        PublishEnds(ended ?? []);
        return ended;
    }

    /// <summary>All of a user is in one shard, also what keeps the session of a sid from beginning, since it would be this user's.</summary>
    private async Task<IReadOnlyList<EndedSession>?> LogOutUserAsync(
        ProviderLogout logout, string client, DateTimeOffset forgetAt, CancellationToken cancellationToken)
    {
        var shard = RedisKeys.ShardOf(logout.Subject!);
        var latest = logout.IssuedAt is { } issued
            ? (issued + ProviderLogout.ClocksOfOneProvider - DateTimeOffset.UnixEpoch).TotalSeconds.ToString(CultureInfo.InvariantCulture) : null;
        var result = await _scripts.RunAsync(
            RedisScripts.LogOut,
            shard,
            new()
            {
                Ending(EndReasons.ProviderLogout), client, UseOf(logout, client), logout.ForgetAt, LogoutMarks.Of(logout, client), forgetAt,
                logout.Subject, logout.Sid, latest, logout.Tenant is { } tenant ? TextOfTenant(tenant) : null,
            },
            cancellationToken);
        return result.IsNull ? null : ReadEnded(shard, ((RedisResult[])result!)[0]);
    }

    /// <summary>Nobody has said whose it is: those that may be it are noted in the step that makes the mark, and end each in its shard.</summary>
    private async Task<IReadOnlyList<EndedSession>?> LogOutSidAsync(
        ProviderLogout logout, string client, DateTimeOffset forgetAt, CancellationToken cancellationToken)
    {
        var shard = ShardOfSid(client, logout.Sid!);
        var task = new UnfinishedEnds(clock.GetUtcNow(), EndReasons.ProviderLogout, [client], [])
        {
            Sid = logout.Sid, Tenant = logout.Tenant is { } tenant ? TextOfTenant(tenant) : null, ForgetMarkAt = forgetAt,
        };
        var name = UseOf(logout, client);
        var result = await _scripts.RunAsync(
            RedisScripts.LogOutSid,
            shard,
            new() { name, logout.ForgetAt, LogoutMarks.Of(logout, client).Single(), forgetAt, client, logout.Sid, name, task.Head },
            cancellationToken);
        if (result.IsNull) { return null; }
        Place[] places = [.. ((string[])((RedisResult[])result!)[0]!).Select(Place.Parse).OfType<Place>()];
        return places.Length == 0 ? [] : await FinishAsync(shard, name, task with { Places = places }, cancellationToken);
    }

    public async Task EnsureNotSignedOutAsync(Session session, CancellationToken cancellationToken)
    {
        var (client, database) = (clients.Value.Of(session.Provider).Name, connection.Database);
        var shards = new List<int> { RedisKeys.ShardOf(session.Subject) };
        if (session.ClaimValue("sid") is { } sid) { shards.Add(ShardOfSid(client, sid)); }
        var found = await Task.WhenAll(
            from shard in shards
            from mark in LogoutMarks.Of(session, client)
            select database.SortedSetScoreAsync(RedisKeys.Marks(shard), mark, flags: Primary)).WaitAsync(cancellationToken);
        var since = (session.SignInBegunAt + LogoutMarks.Life).ToUnixTimeMilliseconds();
        if (Array.Exists(found, forgetAt => forgetAt >= since)) { throw new SignedOutMeanwhileException(); }
    }

    private static string UseOf(ProviderLogout logout, string client) => $"logout:{client}:{logout.Id}";
}
