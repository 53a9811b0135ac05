namespace Bff.Ops.Live;

/// <param name="Calls">All of them, refused ones and WebSockets included.</param>
/// <param name="ClientErrors">Responses of 4xx.</param>
/// <param name="ServerErrors">Responses of 5xx.</param>
/// <param name="Median">In seconds; half were faster. Null without calls. WebSockets do not count.</param>
/// <param name="P95">In seconds; one in twenty took longer.</param>
internal sealed record RouteCalls(int Calls, int ClientErrors, int ServerErrors, double? Median, double? P95);
