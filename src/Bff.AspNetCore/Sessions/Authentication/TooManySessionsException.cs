namespace Bff.Sessions.Authentication;

/// <summary>A sign-in would give its user more sessions than they may have. Thrown, since the framework's contract of a sign-in has no result.</summary>
internal sealed class TooManySessionsException() : Exception("The user has as many sessions as one may have.");
