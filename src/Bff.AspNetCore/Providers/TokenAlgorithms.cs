using Microsoft.IdentityModel.Tokens;

namespace Bff.Providers;

/// <summary>Algorithms of signatures on the provider's tokens (RFC 7518 section 3.1, RFC 8037 section 3.1).</summary>
internal static class TokenAlgorithms
{
    public const string EdDsa = "EdDSA";

    /// <summary>What a provider signs with that announces nothing (OpenID Connect Discovery 1.0 section 3, Registration 1.0 section 2).</summary>
    public const string Default = SecurityAlgorithms.RsaSha256;

    /// <summary>By a key of the provider; accepted unless others are listed.</summary>
    public static readonly string[] ByPublicKey =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512, EdDsa,
    ];

    /// <summary>By the client's secret.</summary>
    public static readonly string[] BySecret = [SecurityAlgorithms.HmacSha256, SecurityAlgorithms.HmacSha384, SecurityAlgorithms.HmacSha512];

    /// <summary>RFC 7518 section 3.2: a key as long as the hash.</summary>
    public static int SecretBytes(string algorithm) => algorithm switch
    {
        SecurityAlgorithms.HmacSha512 => 64,
        SecurityAlgorithms.HmacSha384 => 48,
        _ => 32,
    };
}
