using Bff.FrontEnds;
using Bff.Providers.Named;
using Bff.Sessions;
using Bff.Sessions.Authentication;

namespace Bff.Policies;

/// <summary>Says what a policy of the configuration in use makes of a caller.</summary>
internal sealed class PolicyJudge(PolicySet policies, ProviderSet providers, FrontEndSet frontEnds, TimeProvider clock)
{
    /// <returns>Null where nobody is known by a session or by a token of their own.</returns>
    public Caller? CallerOf(HttpContext context) => context.FindSession() is { } session ? CallerOf(session)
        : context.Features.Get<TokenCaller>() is { } caller ? Caller.Of(caller.User) : null;

    /// <summary>A session knows of itself what no claim says.</summary>
    public Caller CallerOf(Session session) =>
        Caller.Of(session, frontEnds.Find(session.FrontEnd)?.Scope ?? providers.Find(session.Provider)?.Options.Scope ?? "");

    /// <param name="name">Of the policy.</param>
    /// <param name="caller">Whoever calls.</param>
    /// <returns>The policy, null where there is none of this name any more; and what the caller lacks.</returns>
    public (Policy? Policy, Shortfall Lack) Judge(string name, Caller caller) =>
        policies.Find(name) is { } policy ? (policy, policy.Judge(caller, clock.GetUtcNow())) : (null, Shortfall.Rights);
}
