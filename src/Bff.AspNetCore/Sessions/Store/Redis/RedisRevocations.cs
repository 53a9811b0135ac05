using Bff.Providers;
using Bff.Sessions.Keys;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Bff.Sessions.Store.Redis;

/// <summary>What is still to be revoked at the provider: tokens that nobody will use. They are where the sessions are that may hold them back.</summary>
internal sealed class RedisRevocations(RedisConnection connection, TokenProtector protector, IOptions<SessionClients> clients, TimeProvider clock)
{
    private readonly ShardedScripts _scripts = new(connection);

    /// <returns>False when there is nothing to keep.</returns>
    public async Task<bool> KeepAsync(
        int shard, SessionId id, string provider, string? subject, TokenSet tokens, bool ended, CancellationToken cancellationToken)
    {
        var client = clients.Value.Of(provider);
        var hasAny = tokens.RefreshToken is not null || (client.RevokesAccessTokens() && tokens.AccessToken.Length > 0);
        if (!hasAny || !client.KeepsForRevocation()) { return false; }
        await _scripts.RunAsync(
            RedisScripts.RevokeLater,
            shard,
            new() { ended ? id.Value : Guid.NewGuid().ToString("N"), id.Value, client.Name, subject, protector.Protect(id, tokens), clock.GetUtcNow() },
            cancellationToken);
        return true;
    }

    public async Task<IReadOnlyList<Revocation>> ClaimAsync(
        string provider, DateTimeOffset now, DateTimeOffset until, int take, CancellationToken cancellationToken)
    {
        var (client, owner) = (clients.Value.Of(provider).Name, Guid.NewGuid().ToString("N"));
        var (shards, _) = await _scripts.EarliestAsync(shard => RedisKeys.RevocationsDue(shard, client), cancellationToken);
        return await _scripts.TakeAsync(
            shards.TakeWhile(shard => shard.At <= now).Select(shard => shard.Shard), take, TakeFromAsync, cancellationToken);

        async Task<(IReadOnlyList<Revocation>, bool)> TakeFromAsync(int shard, int share)
        {
            var result = (RedisResult[])(await _scripts.RunAsync(
                RedisScripts.ClaimRevocations, shard, new() { client, now, until, now + Revocation.HeldBackFor, now + Revocation.ForgetAfter, owner, share },
                cancellationToken))!;
            var rows = (RedisResult[])result[0]!;
            var read = await _scripts.AnsweredAsync([.. rows.Select(row => ReadAsync(shard, (RedisValue[])row!, owner, cancellationToken))], cancellationToken);
            return ([.. read.Select(each => each.Answer)], ShardedScripts.TimeOf(result[1]) <= now);
        }
    }

    public async Task CompleteAsync(Revocation revocation, DateTimeOffset? again, CancellationToken cancellationToken)
    {
        if (Place.Parse(revocation.Id) is not { } place) { return; }
        await _scripts.RunAsync(
            RedisScripts.CompleteRevocation, place.Shard, new() { place.Id.Value, revocation.Owner, again, revocation.Attempts }, cancellationToken);
    }

    private async Task<Revocation> ReadAsync(int shard, RedisValue[] row, string owner, CancellationToken cancellationToken)
    {
        var (session, sealedTokens) = (new SessionId((string)row[1]!), (byte[])row[2]!);
        await protector.LearnKeyAsync(sealedTokens, cancellationToken);
        var id = new Place(new SessionId((string)row[0]!), shard);   // a session's, or a name of its own
        return new($"{id}", session, protector.UnprotectToRevoke(session, sealedTokens), (int)row[3], owner, SessionRecord.Time(row[4]));
    }
}
