namespace Bff.Sessions;

/// <summary>The program around us could not say what else is to be known of a user who signs in. Thrown, since the framework's contract of a sign-in has no result.</summary>
internal sealed class ClaimsNotEnrichedException(Exception inner) : Exception("The claims of a user could not be enriched.", inner);
