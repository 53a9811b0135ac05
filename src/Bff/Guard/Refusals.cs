namespace Bff.Guard;

/// <summary>Says no: with an answer, a number and, while there are not too many, a line with the client's address.</summary>
internal sealed class Refusals(GuardMetrics metrics, TimeProvider clock, ILogger<RequestGuard> logger)
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

/// <summary>Log lines about what strangers tried. Their number is bounded, since they are a stranger's to make; what was left out is counted.</summary>
internal sealed partial class RefusalLog(ILogger logger, TimeProvider clock)
{
    /// <summary>Lines a minute.</summary>
    public const int MostLines = 60;

    private readonly LineBudget _budget = new(MostLines, clock);

    /// <param name="context">The request, on the address it came from: of a proxy's client only where the proxy is trusted.</param>
    /// <param name="code">The code of the answer.</param>
    /// <param name="why">More about it, printable.</param>
    public void Refused(HttpContext context, string code, string? why = null)
    {
        var (isWithin, left) = _budget.Take();
        if (left > 0) { LeftOut(left); }
        if (!isWithin) { return; }
        var client = ClientAddress.Of(context)?.ToString() ?? "this machine";
        Line(context.GetEndpoint()?.DisplayName ?? "no endpoint", client, why is null ? code : $"{code}: {why}");
    }

    [LoggerMessage(LogLevel.Warning, "A request to {Endpoint} from {Client} was refused: {Code}.")]
    private partial void Line(string endpoint, string client, string code);

    [LoggerMessage(LogLevel.Warning, "{Count} more requests were refused meanwhile; the metrics count them all.")]
    private partial void LeftOut(int count);
}
