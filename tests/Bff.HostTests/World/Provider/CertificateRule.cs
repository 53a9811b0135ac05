using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Bff.HostTests;

internal sealed class CertificateRule(X509Certificate2? registered, string? subject) : ClientRule
{
    private readonly string? _hash = registered?.GetCertHashString(HashAlgorithmName.SHA256);

    public override string Method => registered is null ? "tls_client_auth" : "self_signed_tls_client_auth";

    public override Task<string?> RefuseAsync(ClientRequest request) => Task.FromResult(Beside(request) ?? NotOurId(request) ?? Refuse(request.Certificate));

    private string? Refuse(X509Certificate2? shown)
    {
        if (shown is null) { return "no client certificate"; }
        var isKnown = _hash is null ? shown.SubjectName.Name == subject : shown.GetCertHashString(HashAlgorithmName.SHA256) == _hash;
        return isKnown ? null : "a client certificate that is not registered";
    }
}
