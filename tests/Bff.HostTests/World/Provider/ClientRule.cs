using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;

namespace Bff.HostTests;

/// <summary>The one way in which a client may say who it is at the token, revocation and pushed request endpoints. Everything else is refused.</summary>
internal abstract class ClientRule
{
    /// <summary>HTTP Basic with id and secret form-encoded first (RFC 6749, 2.3.1).</summary>
    public static ClientRule SecretBasic { get; } = new SecretBasicRule();

    /// <summary>Id and secret in the body.</summary>
    public static ClientRule SecretPost { get; } = new SecretPostRule();

    /// <summary>A public client: its id in the body and nothing else.</summary>
    public static ClientRule Public { get; } = new PublicClientRule();

    /// <summary>A signed assertion (RFC 7523) with this key and this algorithm only.</summary>
    /// <param name="publicKey">The client's, a JWK or a PEM.</param>
    /// <param name="algorithm">As in the assertion's header.</param>
    /// <param name="kid">The key's name when the assertion has to say it.</param>
    public static PrivateKeyJwtRule PrivateKeyJwt(string publicKey, string algorithm, string? kid = null) => new(publicKey, algorithm, kid);

    /// <summary>This one certificate, whoever issued it (RFC 8705, 2.2). See <see cref="PretendProvider.OfferMutualTlsAsync"/>.</summary>
    public static ClientRule SelfSignedCertificate(X509Certificate2 registered) => new CertificateRule(registered, null);

    /// <summary>A certificate with this subject (RFC 8705, 2.1). See <see cref="PretendProvider.OfferMutualTlsAsync"/>.</summary>
    /// <param name="subject">Such as <c>CN=bff-under-test</c>.</param>
    public static ClientRule CertificateSubject(string subject) => new CertificateRule(null, subject);

    /// <summary>Its name in <c>token_endpoint_auth_methods_supported</c>.</summary>
    public abstract string Method { get; }

    /// <summary>For <c>token_endpoint_auth_signing_alg_values_supported</c>.</summary>
    public virtual string? Algorithm => null;

    /// <returns>Why the client is refused; null when it is not.</returns>
    public abstract Task<string?> RefuseAsync(ClientRequest request);

    /// <summary>What of this rule's rivals the request has: two ways at once are refused (RFC 6749, 2.3).</summary>
    protected static string? Beside(ClientRequest request, bool basic = false, bool post = false, bool assertion = false)
    {
        if (!basic && request.Authorization is not null) { return "an Authorization header"; }
        if (!post && request.Form.ContainsKey("client_secret")) { return "a client_secret in the body"; }
        if (!assertion && (request.Form.ContainsKey("client_assertion") || request.Form.ContainsKey("client_assertion_type"))) { return "a client_assertion"; }
        return null;
    }

    protected static string? NotOurId(ClientRequest request) =>
        request.Form.GetValueOrDefault("client_id") == request.Provider.AcceptedClientId ? null : "the client_id in the body is missing or unknown";
}

/// <summary>A request in which a client has to say who it is.</summary>
internal sealed record ClientRequest(PretendProvider Provider, HttpRequest Http, Dictionary<string, string> Form, DateTimeOffset Now)
{
    public string? Authorization => Http.Headers.Authorization.Count > 0 ? Http.Headers.Authorization.ToString() : null;

    public X509Certificate2? Certificate => Http.HttpContext.Connection.ClientCertificate;
}

/// <param name="Path">The endpoint.</param>
/// <param name="Authorization">The header as it came.</param>
/// <param name="Form">The body.</param>
/// <param name="Certificate">The <c>x5t#S256</c> of the connection's client certificate.</param>
/// <param name="Refusal">Why it was refused; null when it was not.</param>
internal sealed record ClientCall(string Path, string? Authorization, IReadOnlyDictionary<string, string> Form, string? Certificate, string? Refusal);

/// <summary>A request that broke a rule, and what it was answered.</summary>
internal sealed record Refusal(string Path, int Status, string Error, string Reason);
