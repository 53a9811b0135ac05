using Bff.Providers;

namespace Bff.Ops.Admin;

/// <summary>What an operator may know of a session's token for an API that a route names.</summary>
/// <param name="Api">Its audience, else its resource or scopes: as the configuration has them.</param>
/// <param name="ExpiresAt">Null when there is no token.</param>
/// <param name="Error">The provider's code, or one of ours, where the last try to get one failed.</param>
internal sealed record ApiTokenView(string Api, DateTimeOffset? ExpiresAt, string? Error)
{
    public static ApiTokenView Of(ApiToken token) => new(token.Target.Name, token.HasToken ? token.ExpiresAt : null, token.Error);
}
