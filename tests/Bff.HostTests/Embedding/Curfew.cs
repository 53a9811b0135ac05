using Microsoft.AspNetCore.Authorization;

namespace Bff.HostTests.Embedding;

/// <summary>The program's own word on who may pass: everybody but one.</summary>
internal sealed class Curfew(string subject) : IAuthorizationHandler
{
    public Task HandleAsync(AuthorizationHandlerContext context)
    {
        if (context.User.HasClaim("sub", subject)) { context.Fail(); }
        return Task.CompletedTask;
    }
}
