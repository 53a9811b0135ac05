namespace Bff.Ops.Live;

/// <param name="At">When.</param>
/// <param name="Reason">One of <see cref="EndReasons"/>.</param>
/// <param name="Handle">Which session; null for several that ended together.</param>
/// <param name="Count">How many.</param>
internal sealed record RecentEnd(DateTimeOffset At, string Reason, string? Handle, int Count);
