using Bff.FrontEnds;
using Bff.Guard;
using Bff.Sessions;
using Bff.Sessions.Authentication;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.WebUtilities;

namespace Bff.Login;

/// <summary>
/// Pages behind the sign-in (<see cref="CsrfMode.Navigation"/>): who goes there and cannot be let in is led to sign in, and comes back to the same address.
/// </summary>
internal static class PageBehindSignIn
{
    /// <summary>An address travels through the provider, which has limits of its own.</summary>
    private const int MaxAddress = 2000;

    /// <summary>Who cannot be let in so soon after a sign-in would be led round in a circle.</summary>
    private static readonly TimeSpan ArrivalTime = TimeSpan.FromSeconds(30);

    /// <summary>After the session has been read.</summary>
    public static IApplicationBuilder UsePagesBehindSignIn(this IApplicationBuilder app)
    {
        var instead = new Problem.Instead(LeadAsync);
        return app.Use((context, next) =>
        {
            if (Is(context.GetEndpoint()) && HttpMethods.IsGet(context.Request.Method) && FetchMetadata.IsTopLevel(context.Request) && !HasToken(context))
            {
                context.Features.Set(instead);
            }

            return next(context);
        });
    }

    /// <summary>Whether a return URL leads to one.</summary>
    public static bool IsAt(HttpContext context, string target)
    {
        if (target[0] != '/') { return false; }
        var path = PathString.FromUriComponent(target.Split('?', '#')[0]);
        return path.StartsWithSegments(context.Request.PathBase, out var rest) && RoutesOfPath.Find(context, rest.Value ?? "").Any(Is);
    }

    /// <summary>
    /// The way back from the provider is one from another site, on which no <c>SameSite=Strict</c> cookie comes along: a page of our own leads on.
    /// </summary>
    public static Task ArriveAsync(HttpContext context, string target)
    {
        StepCookie.Set(context, CookieNames.Arrived, SameSiteMode.Lax, ArrivalTime);
        return new ContinuePage(target).ExecuteAsync(context);
    }

    private static bool Is(Endpoint? endpoint) => endpoint?.Metadata.GetMetadata<CsrfHeaderRequired>()?.Mode == CsrfMode.Navigation;

    /// <summary>A sign-in does not help who comes with a token of their own.</summary>
    private static bool HasToken(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<TokenInstead>() is not null && TokenInstead.IsBrought(context.Request);

    /// <summary>With what the problem wants of a sign-in, such as a stronger one, or one at another provider.</summary>
    private static string LoginUrl(HttpRequest request, Problem problem, string? provider, string target)
    {
        var wanted = problem.SignInUrl?.Split('?', 2) is [_, var query] ? QueryHelpers.ParseQuery(query) : [];
        if (provider is not null) { wanted["provider"] = provider; }
        wanted["returnUrl"] = target;
        return QueryHelpers.AddQueryString(request.PathBase + "/bff/login", wanted);
    }

    private static Task LeadAsync(HttpContext context, Problem problem)
    {
        var request = context.Request;
        if (Initiator.IsSpeculative(request)) { return LoginProblems.NotAhead.ExecuteAsync(context); }
        var address = request.GetEncodedPathAndQuery();
        if (address.Length > MaxAddress || !ReturnUrls.Of(context).TryResolve(address, out var target)) { return problem.ExecuteAsync(context); }
        var (wanted, allowed) = (context.GetEndpoint()?.Metadata.GetMetadata<WantedProvider>()?.Name, context.GetFrontEnd().Providers);
        if (wanted is not null && !allowed.Contains(wanted, StringComparer.Ordinal)) { return problem.ExecuteAsync(context); }
        var login = LoginUrl(request, problem, wanted == allowed[0] ? null : wanted, target);

        // A link must not take the session of another provider from its user.
        var isElsewhere = wanted is not null && context.GetSession() is { } session && session.Provider != wanted;
        if (isElsewhere || StepCookie.Has(context, CookieNames.Arrived)) { return (problem with { SignInUrl = login }).ExecuteAsync(context); }
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Redirect(login);
        return Task.CompletedTask;
    }
}
