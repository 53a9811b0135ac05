namespace Bff.Sessions.Authentication;

/// <summary>Endpoint metadata: using this endpoint keeps a session from idling out. A favicon or a status poll does not.</summary>
internal sealed class KeepsSessionAlive;
