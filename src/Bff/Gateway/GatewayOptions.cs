using System.ComponentModel.DataAnnotations;
using Bff.Configuration;
using Bff.Ops;

namespace Bff.Gateway;

/// <summary>Behind another gateway, which asks Bff about each request and forwards it itself (<c>Bff:Gateway</c>).</summary>
internal sealed class GatewayOptions : IValidatableObject
{
    public const string Section = "Bff:Gateway";

    /// <summary>Nobody guesses it, so wrong ones are not limited: a limit would shut out the gateway together with whoever guesses beside it.</summary>
    public const int MinTokenLength = 32;

    /// <summary>
    /// Where a gateway asks (<c>/check</c>), http(s)://host:port on a port of its own; nothing of it is reachable on the public port. Whoever asks needs
    /// <see cref="Token"/> or a client certificate, on loopback too, since the response has access tokens. Default: none, and Bff listens for no gateway.
    /// </summary>
    [NeedsRestart]
    public string? Url { get; set; }

    /// <summary>What the gateway sends in <c>X-Bff-Gateway-Token</c>; at least 32 characters. Default: none.</summary>
    [Authenticator]
    public string? Token { get; set; }

    /// <summary>A file holding <see cref="Token"/>.</summary>
    public string? TokenFile { get; set; }

    /// <summary>
    /// A PEM file with the certificate authorities whose client certificates are as good as <see cref="Token"/>. <see cref="Url"/> must then be https;
    /// its own certificate is Kestrel's to configure (<c>Kestrel:Endpoints:Gateway:Certificate</c> or <c>Kestrel:Certificates:Default</c>).
    /// </summary>
    [Authenticator]
    [NeedsRestart]
    [ReadFromFile]
    public string? ClientCertificateAuthority { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Token is { Length: > 0 and < MinTokenLength }) { yield return new($"must have at least {MinTokenLength} characters.", [nameof(Token)]); }

        // Some programs cut it at the first space, and none may have it in a header.
        if (Token is { Length: > 0 } && Token.Any(c => c is < '!' or > '~'))
        {
            yield return new("must have printable ASCII characters only, and no space: it is sent in a header.", [nameof(Token)]);
        }

        var hasAuthority = !string.IsNullOrEmpty(ClientCertificateAuthority);
        if (hasAuthority && ClientAuthority.ProblemWith(ClientCertificateAuthority!) is { } problem)
        {
            yield return new(problem, [nameof(ClientCertificateAuthority)]);
        }

        if (string.IsNullOrEmpty(Url)) { yield break; }
        var address = OpsOptions.Parse(Url);
        if (address is null) { yield return new($"'{Url}' is not an address: write http(s)://host:port, without a path.", [nameof(Url)]); }
        if (hasAuthority && address is { Scheme: not "https" }) { yield return new("needs an https Bff:Gateway:Url.", [nameof(ClientCertificateAuthority)]); }
        if (!hasAuthority && string.IsNullOrEmpty(Token))
        {
            yield return new(
                "is required (or TokenFile, or ClientCertificateAuthority), since Bff:Gateway:Url gives access tokens to whoever asks there.", [nameof(Token)]);
        }
    }

    /// <summary>The check of what only the other listeners tell: this one is never public, nor is it the operators'.</summary>
    /// <param name="configuration">To be checked.</param>
    /// <param name="publicAddresses">Where the public port listens.</param>
    public static IEnumerable<string> SharedPorts(IConfiguration configuration, IReadOnlyList<string> publicAddresses)
    {
        if (PortOf(configuration[$"{Section}:{nameof(Url)}"]) is not { } port) { yield break; }
        var ops = configuration[$"{OpsOptions.Section}:{nameof(OpsOptions.Url)}"] is { Length: > 0 } given ? given : OpsOptions.DefaultUrl;
        var name = publicAddresses.Any(address => PortOf(address) == port) ? "the public port" : PortOf(ops) == port ? "the ops port" : null;
        if (name is not null)
        {
            yield return $"{Section}:{nameof(Url)}: port {port} is {name}. Give the gateway's listener a port of its own, which only the gateway can reach.";
        }
    }

    /// <returns>Null where there is none, or any free one.</returns>
    private static int? PortOf(string? url) => !string.IsNullOrEmpty(url) && OpsOptions.Parse(url) is { Port: > 0 } address ? address.Port : null;
}
