using Bff.Providers;
using Microsoft.AspNetCore.Authentication;

namespace Bff.Sessions.Authentication;

internal sealed class SessionAuthenticationOptions : AuthenticationSchemeOptions
{
    /// <summary>When the tokens of a new session are first renewed; null for never. Set by the feature that renews.</summary>
    public Func<SessionId, TokenSet, DateTimeOffset?> FirstDueAt { get; set; } = (_, _) => null;

    /// <summary>The lifetime taken for an access token that a foreign sign-in handler stored without <c>expires_at</c>.</summary>
    public Func<TimeSpan> AssumedLifetime { get; set; } = () => TimeSpan.FromMinutes(5);
}
