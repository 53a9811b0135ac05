using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Bff.Configuration;

namespace Bff.Sessions;

/// <summary>Our client at one provider, as the store knows it.</summary>
internal sealed class SessionClient
{
    /// <summary>What belongs to a client that nobody runs any longer is deleted so long after its end; without it nobody can revoke anything.</summary>
    public static readonly TimeSpan AbandonedAfter = TimeSpan.FromDays(7);

    private const int NameLength = 16;

    /// <summary>What the operator calls the provider.</summary>
    public string Provider { get; init; } = SettingsSection.Default;

    /// <summary>In every row; short, since it is in indexes, too.</summary>
    public string Name { get; init; } = "";

    /// <summary>Whether tokens of ended sessions are kept until they are revoked; false where the provider is known to offer no revocation.</summary>
    public Func<bool> KeepsForRevocation { get; init; } = () => true;

    /// <summary>Whether an access token is kept likewise, while it is good: also that of a session without a refresh token.</summary>
    public Func<bool> RevokesAccessTokens { get; init; } = () => false;

    public static string NameOf(string issuer, string clientId) =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($"{issuer.TrimEnd('/')}\n{clientId}")))[..NameLength];
}
