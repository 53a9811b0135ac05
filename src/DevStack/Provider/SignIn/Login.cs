using DevStack.Provider.Protocol;
using DevStack.Provider.Users;

namespace DevStack.Provider.SignIn;

/// <summary>Who is signed in at the provider, since when, and which authorization request the login page was shown for.</summary>
internal sealed record Login(DemoUser User, DateTimeOffset Since, string? Answered)
{
    /// <summary>True when this login was made for that very request: <c>prompt=login</c> asks once, not in a circle.</summary>
    public bool Answers(string authorizeUrl) => Answered == AuthorizeRequest.Fingerprint(authorizeUrl);
}
