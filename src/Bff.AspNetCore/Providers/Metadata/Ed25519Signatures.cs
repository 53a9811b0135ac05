using System.Buffers.Text;
using Microsoft.IdentityModel.Tokens;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace Bff.Providers.Metadata;

/// <summary>EdDSA with Ed25519 (RFC 8037 section 3.1), which neither the framework nor the token library knows. It checks signatures and makes none.</summary>
internal sealed class Ed25519Signatures : ICryptoProvider
{
    public const string KeyType = "OKP", Curve = "Ed25519";

    /// <summary>RFC 8032 section 5.1.5.</summary>
    private const int KeyBytes = 32;

    /// <summary>Keeps no verifier of a key: they cost nothing to make.</summary>
    public static readonly CryptoProviderFactory Factory = new() { CustomCryptoProvider = new Ed25519Signatures(), CacheSignatureProviders = false };

    private Ed25519Signatures()
    {
    }

    public static bool Fits(JsonWebKey key) => key is { Kty: KeyType, Crv: Curve } && PublicKey(key) is not null;

    public bool IsSupportedAlgorithm(string algorithm, params object[] args) => algorithm == TokenAlgorithms.EdDsa && args is [JsonWebKey key, ..] && Fits(key);

    public object Create(string algorithm, params object[] args) => new Verifier((JsonWebKey)args[0]);

    public void Release(object cryptoInstance) => (cryptoInstance as IDisposable)?.Dispose();

    private static byte[]? PublicKey(JsonWebKey key)
    {
        try
        {
            return key.X is { Length: > 0 } x && Base64Url.DecodeFromChars(x) is { Length: KeyBytes } bytes ? bytes : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private sealed class Verifier(JsonWebKey key) : SignatureProvider(key, TokenAlgorithms.EdDsa)
    {
        public override bool Verify(byte[] input, byte[] signature) => Verify(input, 0, input.Length, signature, 0, signature.Length);

        public override bool Verify(byte[] input, int inputOffset, int inputLength, byte[] signature, int signatureOffset, int signatureLength)
        {
            var signer = new Ed25519Signer();
            signer.Init(forSigning: false, new Ed25519PublicKeyParameters(PublicKey((JsonWebKey)Key)!));
            signer.BlockUpdate(input, inputOffset, inputLength);
            return signer.VerifySignature(signature.AsSpan(signatureOffset, signatureLength).ToArray());
        }

        public override byte[] Sign(byte[] input) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            // There is nothing to give back.
        }
    }
}
