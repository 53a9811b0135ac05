namespace DevStack.Api;

/// <summary>What the endpoints say to people.</summary>
internal sealed record Answer(string Message);
