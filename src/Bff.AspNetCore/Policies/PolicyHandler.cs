using Bff.FrontEnds;
using Bff.Providers.Named;
using Bff.Sessions.Authentication;
using Microsoft.AspNetCore.Authorization;

namespace Bff.Policies;

/// <summary>Asks the policy of the configuration in use.</summary>
internal sealed class PolicyHandler(PolicySet policies, ProviderSet providers, FrontEndSet frontEnds, TimeProvider clock)
    : AuthorizationHandler<PolicyRequirement>
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, PolicyRequirement requirement)
    {
        if (policies.Find(requirement.Name) is not { } policy)
        {
            context.Fail(new PolicyFailure(this, requirement.Name, policy: null, Shortfall.Rights));
            return Task.CompletedTask;
        }

        var lack = policy.Judge(CallerOf(context), clock.GetUtcNow());
        if (lack == Shortfall.Nothing) { context.Succeed(requirement); }
        else { context.Fail(new PolicyFailure(this, policy.Name, policy, lack)); }
        return Task.CompletedTask;
    }

    /// <summary>A session knows of itself what no claim says.</summary>
    private Caller CallerOf(AuthorizationHandlerContext context)
    {
        var isOfSession = context.User.Identity?.AuthenticationType == SessionAuthentication.Scheme;
        if (!isOfSession || (context.Resource as HttpContext)?.FindSession() is not { } session) { return Caller.Of(context.User); }
        var requested = frontEnds.Find(session.FrontEnd)?.Scope ?? providers.Find(session.Provider)?.Options.Scope ?? "";
        return Caller.Of(session, requested);
    }
}
