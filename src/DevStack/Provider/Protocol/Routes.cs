namespace DevStack.Provider.Protocol;

/// <summary>The provider's protocol addresses; discovery tells them to clients.</summary>
internal static class Routes
{
    public const string Authorize = "/connect/authorize";
    public const string PushedAuthorization = "/connect/par";
    public const string Token = "/connect/token";
    public const string Revocation = "/connect/revoke";
    public const string UserInfo = "/connect/userinfo";
    public const string EndSession = "/connect/logout";
}
