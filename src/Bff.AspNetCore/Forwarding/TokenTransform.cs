using Yarp.ReverseProxy.Transforms;

namespace Bff.Forwarding;

/// <summary>Puts the route's token on an upstream request, or responds itself when there is no usable one. Built once per route.</summary>
internal sealed class TokenTransform(RouteTokens tokens) : RequestTransform
{
    public override async ValueTask ApplyAsync(RequestTransformContext context)
    {
        var token = await tokens.FindAsync(context.HttpContext, context.HttpContext.RequestAborted);

        // A response that is set here is what the browser gets; YARP then forwards nothing.
        if (token.Problem is { } problem)
        {
            await problem.ExecuteAsync(context.HttpContext);
            return;
        }

        if (token.Authorization is null) { return; }
        token.PutOn(context.ProxyRequest);
        if (context.HttpContext.Features.Get<SentToken>() is { } sent) { sent.ExpiresAt = token.ExpiresAt; }
        KeptBody.Keep(context.HttpContext);
    }
}
