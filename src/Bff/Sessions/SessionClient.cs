using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Bff.Sessions;

/// <summary>
/// Whose sessions these are: those of our client at its provider. Another Bff on the same database may be somebody else's client, and neither takes the
/// other's sessions or sends its tokens anywhere. Set by the feature that knows the provider.
/// </summary>
internal sealed class SessionClient
{
    private const int NameLength = 16;

    /// <summary>In every row; short, since it is in indexes, too.</summary>
    public string Name { get; set; } = "";

    /// <summary>Whether refresh tokens of ended sessions are kept until they are revoked; false where the provider is known to offer no revocation.</summary>
    public Func<bool> KeepsForRevocation { get; set; } = () => true;

    public static string NameOf(string issuer, string clientId) =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($"{issuer.TrimEnd('/')}\n{clientId}")))[..NameLength];
}
