using Bff.Policies;
using Bff.Providers.DPoP;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Transforms;

namespace Bff.Forwarding.PassThrough;

/// <summary>
/// Sends the caller's own token on, as it came; with a bound one the proof, too, which says the address that the caller knows. Built once per route.
/// </summary>
/// <param name="otherwise">For callers without a token; null where there are none.</param>
internal sealed class CallersTokenTransform(RequestTransform? otherwise) : RequestTransform
{
    public override ValueTask ApplyAsync(RequestTransformContext context)
    {
        if (context.HttpContext.Features.Get<TokenCaller>() is not { } caller)
        {
            return otherwise?.ApplyAsync(context) ?? throw new InvalidOperationException("A route that takes tokens alone was reached without one.");
        }

        Send(context, HeaderNames.Authorization);
        if (caller.Scheme == TokenChallenge.Bound) { Send(context, ProofHeaders.Proof); }
        return default;
    }

    /// <summary>The token that goes upstream is the caller's: there is no other that could take its place.</summary>
    public static bool IsCallers(HttpContext context) => context.Features.Get<TokenCaller>() is not null;

    /// <summary>When the token that the caller has brought ends, and what began with it; null where it is not the caller's.</summary>
    public static DateTimeOffset? EndOf(HttpContext context) => context.Features.Get<TokenCaller>()?.EndsAt;

    /// <summary>What came is not sent before it is known to be good.</summary>
    public static void TakeOff(HttpRequestMessage request)
    {
        request.Headers.Remove(HeaderNames.Authorization);
        request.Headers.Remove(ProofHeaders.Proof);
    }

    private static void Send(RequestTransformContext context, string name)
    {
        context.ProxyRequest.Headers.Remove(name);
        context.ProxyRequest.Headers.TryAddWithoutValidation(name, context.HttpContext.Request.Headers[name].ToString());
    }
}
