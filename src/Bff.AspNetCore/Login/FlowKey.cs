using Bff.Providers;
using Bff.Providers.DPoP;
using Bff.Sessions.Authentication;
using Microsoft.AspNetCore.Authentication;

namespace Bff.Login;

/// <summary>
/// The key that a sign-in's tokens will be bound to (RFC 9449). It is made before the browser leaves, so that the code is bound to it, too (section 10), and
/// comes back in the flow's protected state.
/// </summary>
internal static class FlowKey
{
    private const string Item = "bff.proof_key";

    /// <summary>
    /// A new one for each sign-in. A silent one keeps its session's, also where bearer tokens are asked for by now: a refresh token that it does not replace may
    /// be bound to that.
    /// </summary>
    /// <returns>Null for bearer tokens.</returns>
    public static ProofKey? Begin(HttpContext context, AuthenticationProperties properties, TokenType type)
    {
        var continued = SignInProgress.Named(properties, SessionAuthentication.Continues);
        var session = continued is null ? null : context.GetSession();
        var key = (session?.Id.Value == continued ? session?.Tokens?.Key : null) ?? (type == TokenType.DPoP ? ProofKey.New() : null);
        if (key is not null) { properties.Items[Item] = key.Text; }
        return key;
    }

    /// <summary>Null for a flow that asked for bearer tokens.</summary>
    public static ProofKey? Of(AuthenticationProperties? properties) => ProofKey.Of(SignInProgress.Named(properties, Item));
}
