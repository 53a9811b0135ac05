using System.ComponentModel.DataAnnotations;
using System.Net;
using Bff.Configuration;

namespace Bff.Ops;

/// <summary>The port for operators and their machines (<c>Bff:Ops</c>).</summary>
internal sealed class OpsOptions : IValidatableObject
{
    public const string Section = "Bff:Ops";

    public const string DefaultUrl = "http://127.0.0.1:3002";

    private const int MinTokenLength = 16;

    /// <summary>Where health, metrics and administration listen; none of it is reachable on the public port. Default: loopback.</summary>
    [NeedsRestart]
    public string Url { get; set; } = DefaultUrl;

    /// <summary>The bearer token (RFC 6750) that every ops endpoint but the health probes requires. Required when <see cref="Url"/> is not loopback.</summary>
    [Authenticator]
    public string? Token { get; set; }

    /// <summary>A file holding <see cref="Token"/>.</summary>
    public string? TokenFile { get; set; }

    /// <summary>
    /// A PEM file with the certificate authorities whose client certificates are as good as <see cref="Token"/>. <see cref="Url"/> must then be https;
    /// its own certificate is Kestrel's to configure (<c>Kestrel:Endpoints:Ops:Certificate</c> or <c>Kestrel:Certificates:Default</c>).
    /// </summary>
    [Authenticator]
    [NeedsRestart]
    [ReadFromFile]
    public string? ClientCertificateAuthority { get; set; }

    /// <summary>
    /// Host names, without port, that the ops port accepts besides IP addresses, <c>localhost</c> and the name in <see cref="Url"/>; other names get 421, token
    /// or not, since a web page can point a name of its own here (DNS rebinding). Default: none.
    /// </summary>
    public string[] AllowedHosts { get; set; } = [];

    /// <summary>
    /// Where the ops pages of other nodes link to for this one: http(s)://host:port. Default: <see cref="Url"/> with this machine's first address, and no
    /// link where that is loopback.
    /// </summary>
    [NeedsRestart]
    public string? NodeUrl { get; set; }

    /// <summary>
    /// How long Bff keeps serving after it was asked to stop, no longer ready, so that a load balancer can move to other nodes first. Each response closes its
    /// connection; in the last fifth of the time, at most a second, no new connection is accepted. Default: 5 seconds, 0 in Development.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00", ErrorMessage = "must be between 00:00:00 and 00:05:00 (hh:mm:ss).")]
    public TimeSpan? DrainFor { get; set; }

    /// <summary>
    /// Whether a node stays ready (degraded) while the store is down, as long as its copies of sessions serve (<c>Bff:Sessions:CacheLifetimeDuringOutage</c>),
    /// so that a load balancer keeps sending calls. Otherwise a store that is down makes all nodes unready at once. Default: false.
    /// </summary>
    public bool ReadyWithoutStore { get; set; }

    public TimeSpan EffectiveDrain(IHostEnvironment environment) => DrainFor ?? (environment.IsDevelopment() ? TimeSpan.Zero : TimeSpan.FromSeconds(5));

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var address = Parse(Url);
        if (address is null) { yield return new($"'{Url}' is not an address: write http(s)://host:port, without a path.", [nameof(Url)]); }

        if (!string.IsNullOrEmpty(NodeUrl) && Parse(NodeUrl) is null)
        {
            yield return new($"'{NodeUrl}' is not an address: write http(s)://host:port, without a path.", [nameof(NodeUrl)]);
        }

        if (Token is { Length: > 0 and < MinTokenLength }) { yield return new($"must have at least {MinTokenLength} characters.", [nameof(Token)]); }

        foreach (var host in AllowedHosts.Where(host => Uri.CheckHostName(host) == UriHostNameType.Unknown))
        {
            yield return new($"'{host}' is not a host name: write it without scheme, port and path.", [nameof(AllowedHosts)]);
        }

        var hasAuthority = !string.IsNullOrEmpty(ClientCertificateAuthority);
        if (address is not null && !IsLoopback(address) && string.IsNullOrEmpty(Token) && !hasAuthority)
        {
            yield return new(
                $"is required (or TokenFile, or ClientCertificateAuthority), since Bff:Ops:Url '{Url}' can be reached from other machines.", [nameof(Token)]);
        }

        if (!hasAuthority) { yield break; }
        if (address is not null && address.Scheme != Uri.UriSchemeHttps)
        {
            yield return new("needs an https Bff:Ops:Url.", [nameof(ClientCertificateAuthority)]);
        }
        if (ClientAuthority.ProblemWith(ClientCertificateAuthority!) is { } problem) { yield return new(problem, [nameof(ClientCertificateAuthority)]); }
    }

    /// <summary>Kestrel's own reading of an address, which knows <c>*</c> and <c>+</c>; null when it is none.</summary>
    public static BindingAddress? Parse(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            return address.PathBase.Length == 0 && address is { IsUnixPipe: false, IsNamedPipe: false } && address.Scheme is "http" or "https" ? address : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static bool IsLoopback(BindingAddress address) =>
        string.Equals(address.Host, "localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(address.Host, out var ip) && IPAddress.IsLoopback(ip));
}
