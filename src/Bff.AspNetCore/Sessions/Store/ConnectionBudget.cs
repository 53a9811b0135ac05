namespace Bff.Sessions.Store;

/// <param name="Node">How many connections a node takes at most.</param>
/// <param name="Server">How many the server gives.</param>
/// <param name="Others">How many of them are in use by others.</param>
internal sealed record ConnectionBudget(long Node, long Server, long Others);
