namespace Bff.Commands.Check;

/// <summary>How users of a front end sign in at one provider, as the provider sees it.</summary>
/// <param name="FrontEnd">Its name; null where there is one front end only.</param>
/// <param name="RedirectUri">Where the provider sends them after the sign-in.</param>
/// <param name="SignedOutUri">And after the sign-out.</param>
/// <param name="LoggedOutUri">Where its server says that it has signed a user out; any front end's will do.</param>
/// <param name="Scope">What is requested.</param>
/// <param name="ScopeKey">The setting that says so.</param>
/// <param name="Audience">Null: nothing is said.</param>
internal sealed record FrontEndSignIn(
    string? FrontEnd, string RedirectUri, string SignedOutUri, string LoggedOutUri, string Scope, string ScopeKey, string? Audience)
{
    /// <summary>For messages: empty where nobody could mean another.</summary>
    public string Whose => FrontEnd is null ? "" : $" of front end {FrontEnd}";
}
