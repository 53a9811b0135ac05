namespace Bff.Guard;

/// <summary>Log lines on refused requests. Their number is bounded, since anybody can cause them; what was left out is counted.</summary>
internal sealed partial class RefusalLog(ILogger logger, TimeProvider clock)
{
    /// <summary>Lines a minute.</summary>
    public const int MaxLines = 60;

    private readonly LineBudget _budget = new(MaxLines, clock);

    /// <param name="context">The request, on the address it came from: of a proxy's client only where the proxy is trusted.</param>
    /// <param name="code">The code of the response.</param>
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
