using Bff.Renewal;
using Bff.Sessions;
using Bff.Sessions.Authentication;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Transforms;
using static Bff.Renewal.RenewalResult;

namespace Bff.Forwarding;

/// <summary>Puts the session's access token on an upstream request, or responds itself when there is no usable one. Built once per route.</summary>
internal sealed class TokenTransform(Renewer renewer, bool required) : RequestTransform
{
    public override async ValueTask ApplyAsync(RequestTransformContext context)
    {
        var problem = context.HttpContext.FindSession() is { } session ? await AttachAsync(context, session)
            : context.HttpContext.Features.Get<SessionUnknown>() is not null ? SessionStoreException.Problem
            : required ? await context.HttpContext.SignInRequiredAsync() : null;

        // A response that is set here is what the browser gets; YARP then forwards nothing.
        if (problem is not null) { await problem.ExecuteAsync(context.HttpContext); }
    }

    private async ValueTask<Problem?> AttachAsync(RequestTransformContext context, Session session)
    {
        var result = await renewer.GetUsableAsync(session, context.HttpContext.RequestAborted);
        if (result is Usable usable)
        {
            var (headers, tokens) = (context.ProxyRequest.Headers, usable.Session.Tokens!);
            headers.Remove(HeaderNames.Authorization);
            headers.TryAddWithoutValidation(HeaderNames.Authorization, tokens.Authorization);
            if (tokens.IsBound) { ProvenCalls.Mark(context.ProxyRequest, tokens); }
            if (context.HttpContext.Features.Get<SentToken>() is { } sent) { sent.ExpiresAt = tokens.ExpiresAt; }
            return null;
        }

        if (!required && result is (Ended or NotRenewable or SignInNeeded)) { return null; }
        return result is NotRenewable or SignInNeeded ? RenewalProblems.TokenExpired : await RenewalProblems.OfAsync(context.HttpContext, session.Id, result);
    }
}
