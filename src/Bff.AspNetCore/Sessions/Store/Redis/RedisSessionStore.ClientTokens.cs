using Bff.Providers;
using StackExchange.Redis;
using static Bff.Sessions.Store.Redis.RedisConnection;

namespace Bff.Sessions.Store.Redis;

/// <content>Its <see cref="IClientTokenStore"/>. The server forgets them by its own clock.</content>
internal sealed partial class RedisSessionStore
{
    private static readonly RedisValue[] ClientTokenFields = ["tok", "ver"];

    public async Task<StoredClientToken?> FindClientTokenAsync(string id, CancellationToken cancellationToken)
    {
        var fields = await connection.Database.HashGetAsync(RedisKeys.ClientToken(RedisKeys.ShardOf(id), id), ClientTokenFields, Primary)
            .WaitAsync(cancellationToken);
        if ((byte[]?)fields[0] is not { } sealedTokens || !fields[1].TryParse(out long version)) { return null; }
        await protector.LearnKeyAsync(sealedTokens, cancellationToken);
        return new(protector.UnprotectOfClient(id, sealedTokens), version);
    }

    public async Task<bool> ClaimClientTokenAsync(
        string id, long version, DateTimeOffset now, string owner, DateTimeOffset until, CancellationToken cancellationToken) =>
        (bool)await _scripts.RunAsync(
            RedisScripts.ClaimClientToken, RedisKeys.ShardOf(id), new() { id, version, now, owner, until, until - now }, cancellationToken);

    public async Task<bool> CompleteClientTokenAsync(
        string id, string owner, TokenSet? tokens, DateTimeOffset forgetAt, CancellationToken cancellationToken)
    {
        var life = forgetAt - clock.GetUtcNow();
        return (bool)await _scripts.RunAsync(
            RedisScripts.CompleteClientToken, RedisKeys.ShardOf(id),
            new() { id, owner, tokens is null ? null : protector.ProtectOfClient(id, tokens), life > CountSlack ? life : CountSlack }, cancellationToken);
    }
}
