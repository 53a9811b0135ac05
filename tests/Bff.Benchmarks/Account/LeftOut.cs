namespace Bff.Benchmarks.Account;

/// <summary>What a call is measured without.</summary>
/// <param name="Name">For the command line.</param>
/// <param name="Title">For people.</param>
internal sealed record LeftOut(string Name, string Title)
{
    public const string Metrics = "metrics", AccessLog = "access-log", CallMetrics = "call-metrics", Ops = "ops", Guard = "guard", TimeLimits = "time-limits",
        Session = "session", Token = "token", Borders = "borders";

    public static readonly LeftOut[] All =
    [
        new(Guard, "guard: exceptions, headers of every response, host, one meaning of the path, body limit, origins, CSRF, rate limits"),
        new(Session, "cookie to session, and who may use the route"),
        new(Token, "token: fresh or not, the header"),
        new(Borders, "what may go up and what may come back; with them the token"),
        new(Metrics, "OpenTelemetry: the framework's and our metrics added up"),
        new(CallMetrics, "`bff.call.duration`: taken for each call"),
        new(AccessLog, "access log, which is off"),
        new(TimeLimits, "a route's time limit, of which there is none"),
        new(Ops, "ops port and drain: which port, and whether it goes"),
    ];
}
