namespace Bff.Forwarding;

/// <summary>A call to a YARP route, answered by its upstream or by us.</summary>
internal readonly record struct FinishedCall(string Route, int Status, TimeSpan Took);
