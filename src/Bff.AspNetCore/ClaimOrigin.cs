namespace Bff;

/// <summary>What a claim's issuer says of where it was read: those of an ID token go with the next one that leaves them out, others stay.</summary>
internal static class ClaimOrigin
{
    public const string UserInfo = "userinfo";
}
