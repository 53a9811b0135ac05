using System.Buffers;
using Bff.Guard;
using Bff.Policies;
using Bff.Sessions.Authentication;

namespace Bff.Forwarding.PassThrough;

/// <summary>
/// Where a route takes tokens of its callers: looks at the one that was brought, before any session is read. Who has brought one is whom it names, and nobody
/// else: a session cookie beside it is refused, so that no page can have its user's session and somebody's token mixed up.
/// </summary>
internal sealed class CallersTokenMiddleware(RequestDelegate next, CallersTokens tokens, SessionCookie cookie, Refusals refusals)
{
    /// <summary>RFC 6750 section 2.3: a way we do not take, since addresses are written to logs.</summary>
    private const string InQuery = "access_token";

    /// <summary>RFC 9110 section 11.2.</summary>
    private static readonly SearchValues<char> Token68 =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/");

    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<TakesTokens>() is not { } route) { return next(context); }
        var request = context.Request;
        if (TokenInstead.IsBrought(request)) { return JudgeAsync(context, route); }
        if (!route.IsOnlyWay && request.Headers.Cookie.Count > 0) { return next(context); }
        if (request.Query.ContainsKey(InQuery)) { return RefuseAsync(context, TokenChallenge.Bearer, TokenProblems.TwoWays); }
        if (route.IsOnlyWay) { return AskAsync(context); }
        context.Response.Headers.WWWAuthenticate = TokenChallenge.Bare;   // the session that is missing will be said
        return next(context);
    }

    private async Task JudgeAsync(HttpContext context, TakesTokens route)
    {
        var request = context.Request;
        if (request.Headers.Authorization is not [{ } header] || cookie.IsBroughtBy(request) || request.Query.ContainsKey(InQuery))
        {
            await RefuseAsync(context, TokenChallenge.Bearer, TokenProblems.TwoWays);
            return;
        }

        var (scheme, token) = Split(header);
        if (scheme is null)
        {
            await AskAsync(context);   // of a scheme that is none of ours: as good as nothing
            return;
        }

        var (caller, problem) = IsToken(token) ? await tokens.JudgeAsync(context, route, scheme, token)
            : (null, TokenProblems.Wrong("The access token has characters that none can have."));
        if (problem is not null)
        {
            await RefuseAsync(context, scheme, problem);
            return;
        }

        context.User = caller!.User;
        context.Features.Set(caller);
        await next(context);
    }

    private static (string? Scheme, string Token) Split(string header)
    {
        var at = header.IndexOf(' ', StringComparison.Ordinal);
        var scheme = header.AsSpan(0, at < 0 ? header.Length : at);
        var known = scheme.Equals(TokenChallenge.Bearer, StringComparison.OrdinalIgnoreCase) ? TokenChallenge.Bearer
            : scheme.Equals(TokenChallenge.Bound, StringComparison.OrdinalIgnoreCase) ? TokenChallenge.Bound : null;
        return (known, at < 0 ? "" : header[(at + 1)..].TrimStart(' '));
    }

    private static bool IsToken(string text) => text.AsSpan().TrimEnd('=') is { Length: > 0 } characters && !characters.ContainsAnyExcept(Token68);

    private Task AskAsync(HttpContext context)
    {
        context.Response.Headers.WWWAuthenticate = TokenChallenge.Bare;
        return refusals.RefuseAsync(context, TokenProblems.Required);
    }

    private Task RefuseAsync(HttpContext context, string scheme, Problem problem)
    {
        if (problem.Status is StatusCodes.Status400BadRequest or StatusCodes.Status401Unauthorized)
        {
            context.Response.Headers.WWWAuthenticate = TokenChallenge.Of(scheme, problem.Code, problem.Detail!);
        }

        return refusals.RefuseAsync(context, problem, problem.Detail);
    }
}
