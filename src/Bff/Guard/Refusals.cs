namespace Bff.Guard;

/// <summary>Says no: with an answer, a number and, while there are not too many, a line with the client's address.</summary>
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

        // A refusal tells nothing, so a page we do not know may learn that we are here: bff.js then says what is missing. Of a strange origin it is told in
        // words, which a browser hands to no request that sent a cookie.
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
