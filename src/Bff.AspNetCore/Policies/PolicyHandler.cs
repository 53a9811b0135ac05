using Bff.Sessions.Authentication;
using Microsoft.AspNetCore.Authorization;

namespace Bff.Policies;

/// <summary>Asks the policy of the configuration in use.</summary>
internal sealed class PolicyHandler(PolicyJudge judge) : AuthorizationHandler<PolicyRequirement>
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, PolicyRequirement requirement)
    {
        var (policy, lack) = judge.Judge(requirement.Name, CallerOf(context));
        if (lack == Shortfall.Nothing) { context.Succeed(requirement); }
        else { context.Fail(new PolicyFailure(this, policy?.Name ?? requirement.Name, policy, lack)); }
        return Task.CompletedTask;
    }

    /// <summary>Whoever is asked about may be another than the session's user.</summary>
    private Caller CallerOf(AuthorizationHandlerContext context) =>
        context.User.Identity?.AuthenticationType == SessionAuthentication.Scheme && (context.Resource as HttpContext)?.FindSession() is { } session
            ? judge.CallerOf(session) : Caller.Of(context.User);
}
