using Bff.Guard;
using Bff.Ops;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Bff.Gateway;

/// <summary>
/// What comes in on the gateway's port. A question about a request becomes that request and goes on as any other does: guard, session, policies and renewal are
/// the same because nothing else decides.
/// </summary>
internal sealed class GatewayRequests(
    RequestDelegate next, GatewayCredential credential, Refusals refusals, IOptions<KestrelServerOptions> kestrel)
{
    /// <summary>Whether a request may pass, and with which headers.</summary>
    public const string Check = "/check";

    /// <summary>Why it may not, for gateways that keep the response of a check to themselves; never a token.</summary>
    public const string Refusal = "/refusal";

    /// <summary>Of Kestrel's endpoints.</summary>
    public const string Endpoint = "Gateway";

    /// <summary>What a gateway has to send to the public port itself: Bff's own paths, CORS preflights, connections that end with the session.</summary>
    public static readonly Problem NotHere = new(
        StatusCodes.Status403Forbidden, "not_at_gateway", "This request is for Bff itself.",
        "The gateway has to forward it to Bff's public port: Bff's own paths, CORS preflights and WebSockets.");

    private static readonly Func<object, Task> PassNothingUnasked = state =>
    {
        var context = (HttpContext)state;
        if (context.Response.StatusCode is >= 200 and < 300 && AskedRequest.Of(context) is { MayPass: false })
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
        }

        return Task.CompletedTask;
    };

    public Task InvokeAsync(HttpContext context)
    {
        if (PrivateListener.Of(context) is not { Endpoint: Endpoint }) { return next(context); }
        if (!credential.Check(context)) { return Task.CompletedTask; }
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        return Below(target, Check) is { } asked ? AskAsync(context, asked, explains: false)
            : Below(target, Refusal) is { } refused ? AskAsync(context, refused, explains: true)
            : Problem.NotFound.ExecuteAsync(context);
    }

    private Task AskAsync(HttpContext context, string below, bool explains)
    {
        context.Response.OnStarting(PassNothingUnasked, context);
        context.Features.Set(new AskedRequest(explains));
        if (BodyLimit.IsExceeded(context)) { return BodyLimit.TooLarge.ExecuteAsync(context); }
        var (original, problem) = OriginalRequest.Read(context.Request, below.Length > 0 ? below : null, kestrel.Value.Limits.MaxRequestLineSize);
        if (original is null) { return refusals.RefuseAsync(context, problem!, problem!.Detail); }
        original.ApplyTo(context);
        return IsForPublicPort(context.Request) ? refusals.RefuseAsync(context, NotHere) : next(context);
    }

    /// <returns>What follows the path; empty where that is all but for a query; null for another path.</returns>
    private static string? Below(string target, string path) =>
        !target.StartsWith(path, StringComparison.Ordinal) ? null
        : target.Length == path.Length || target[path.Length] == '?' ? ""
        : target[path.Length] == '/' ? target[path.Length..] : null;

    private static bool IsForPublicPort(HttpRequest request) =>
        request.Headers.Upgrade.Count > 0
        || (HttpMethods.IsOptions(request.Method) && request.Headers.ContainsKey("Access-Control-Request-Method"));
}
