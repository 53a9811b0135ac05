using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;

namespace Bff.HostTests;

/// <summary>Checks the signature of tokens of one algorithm with a public key that somebody else handed over.</summary>
internal sealed class PublicTokenKey
{
    private readonly string _algorithm;
    private readonly SecurityKey? _key;
    private readonly Ed25519PublicKeyParameters? _ed;

    /// <param name="key">A JWK or a PEM.</param>
    /// <param name="algorithm">The only one accepted, as in a token's header.</param>
    public PublicTokenKey(string key, string algorithm)
    {
        _algorithm = algorithm;
        if (algorithm == "EdDSA") { _ed = new(EdBytes(key), 0); }
        else { _key = Read(key, algorithm); }
    }

    /// <summary>What is to be checked of the signature; the caller adds the claims.</summary>
    public TokenValidationParameters Parameters()
    {
        var parameters = new TokenValidationParameters { ValidAlgorithms = [_algorithm], RequireSignedTokens = true, RequireExpirationTime = true };
        if (_key is not null) { parameters.IssuerSigningKey = _key; }
        else { parameters.SignatureValidator = ValidateEd; }
        return parameters;
    }

    private JsonWebToken ValidateEd(string token, TokenValidationParameters parameters)
    {
        var read = new JsonWebToken(token);
        var data = Encoding.ASCII.GetBytes(token[..token.LastIndexOf('.')]);
        var verifier = new Ed25519Signer();
        verifier.Init(forSigning: false, _ed);
        verifier.BlockUpdate(data, 0, data.Length);
        return read.Alg == "EdDSA" && verifier.VerifySignature(Base64Url.DecodeFromChars(read.EncodedSignature))
            ? read
            : throw new SecurityTokenInvalidSignatureException("The EdDSA signature is wrong.");
    }

    private static SecurityKey Read(string key, string algorithm)
    {
        if (IsJwk(key)) { return new JsonWebKey(key); }
        if (algorithm.StartsWith("ES", StringComparison.Ordinal))
        {
            var ec = ECDsa.Create();
            ec.ImportFromPem(key);
            return new ECDsaSecurityKey(ec);
        }

        var rsa = RSA.Create();
        rsa.ImportFromPem(key);
        return new RsaSecurityKey(rsa);
    }

    private static byte[] EdBytes(string key)
    {
        if (IsJwk(key)) { return Base64Url.DecodeFromChars(JsonDocument.Parse(key).RootElement.GetProperty("x").GetString()); }
        return Convert.FromBase64String(key[PemEncoding.Find(key).Base64Data])[^32..];
    }

    private static bool IsJwk(string key) => key.TrimStart().StartsWith('{');
}
