namespace Bff.Guard;

/// <summary>Refuses a request: with a response, a count and, within limits, a log line with the client's address.</summary>
internal sealed class Refusals(GuardMetrics metrics, TimeProvider clock, ILogger<Refusals> logger)
{
    /// <summary>The code for an origin that is none of our front ends'.</summary>
    public const string OriginNotAllowed = "origin_not_allowed";

    private readonly RefusalLog _log = new(logger, clock);

    /// <param name="context">The request.</param>
    /// <param name="problem">The response.</param>
    /// <param name="why">For the log, where the code does not say enough; printable.</param>
    public Task RefuseAsync(HttpContext context, Problem problem, string? why = null)
    {
        Count(context, problem.Code, why);

        // A refusal reveals nothing, so an unknown page may learn that Bff is here: bff.js then says what is missing. An unknown origin may read the body,
        // which a browser grants to no request that sent a cookie.
        context.Response.Headers["Cross-Origin-Resource-Policy"] = "cross-origin";
        if (problem.Code == OriginNotAllowed) { context.Response.Headers.AccessControlAllowOrigin = "*"; }
        return problem.ExecuteAsync(context);
    }

    public void Count(HttpContext context, string code, string? why = null)
    {
        metrics.Refused(code);
        _log.Refused(context, code, why);
    }
}
