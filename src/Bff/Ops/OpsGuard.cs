using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Bff.Ops;

/// <summary>Endpoint metadata: answers anybody who reaches the ops port.</summary>
internal sealed class OpenToProbes;

/// <summary>
/// Lets operators in: by the bearer token or a client certificate; where neither is configured the port is loopback, and what must be kept out are web pages in
/// a browser on this machine.
/// </summary>
internal sealed partial class OpsGuard
{
    private const string Bearer = "Bearer ";

    private readonly RequestDelegate _next;
    private readonly ILogger<OpsGuard> _logger;
    private volatile Proof _proof;

    /// <param name="Token">Hash of the bearer token, when there is one.</param>
    /// <param name="Needed">Either the token or a client certificate has to be shown.</param>
    private sealed record Proof(byte[]? Token, bool Needed)
    {
        public static Proof Of(OpsOptions options)
        {
            var token = options.EffectiveToken is { Length: > 0 } given ? Hash(given) : null;
            return new(token, token is not null || !string.IsNullOrEmpty(options.ClientCertificateAuthority));
        }
    }

    public OpsGuard(RequestDelegate next, IOptionsMonitor<OpsOptions> options, ILogger<OpsGuard> logger)
    {
        (_next, _logger, _proof) = (next, logger, Proof.Of(options.CurrentValue));
        options.OnChange(changed => _proof = Proof.Of(changed));
    }

    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<OpenToProbes>() is not null) { return _next(context); }
        if (Objection(context) is not { } problem) { return _next(context); }
        Refused(problem.Code, context.GetEndpoint()?.DisplayName);
        return problem.ExecuteAsync(context);
    }

    private Problem? Objection(HttpContext context)
    {
        if (IsSentByAnotherSite(context.Request))
        {
            return new(StatusCodes.Status403Forbidden, "cross_site_request", "Requests from other sites are refused.");
        }

        if (!_proof.Needed)
        {
            // A name that an attacker has pointed at 127.0.0.1 makes his page same-origin with this port (DNS rebinding).
            return IsLoopback(context.Request.Host.Host)
                ? null : new(StatusCodes.Status421MisdirectedRequest, "host_not_allowed", "Only localhost may be asked for here.", "Set Bff:Ops:Token to use another name.");
        }

        if (HasToken(context.Request) || context.Connection.ClientCertificate is not null) { return null; }
        context.Response.Headers.WWWAuthenticate = "Bearer realm=\"Bff ops\"";
        return new(StatusCodes.Status401Unauthorized, "ops_token_required", "The ops port wants its bearer token.", "Send 'Authorization: Bearer' with the value of Bff:Ops:Token.");
    }

    /// <summary>Following a link to here is harmless: the page it comes from does not see the answer, and a GET changes nothing.</summary>
    private static bool IsSentByAnotherSite(HttpRequest request)
    {
        var headers = request.Headers;
        if (HttpMethods.IsGet(request.Method) && headers["Sec-Fetch-Mode"] == "navigate" && headers["Sec-Fetch-Dest"] == "document") { return false; }
        return headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site"
            || (headers.Origin.ToString() is { Length: > 0 } origin && !string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Hashes have one length, so the time taken tells nothing about the token.</summary>
    private bool HasToken(HttpRequest request) =>
        _proof.Token is { } token && request.Headers.Authorization.ToString() is var given && given.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
        && CryptographicOperations.FixedTimeEquals(Hash(given[Bearer.Length..].Trim()), token);

    private static bool IsLoopback(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip));

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    [LoggerMessage(LogLevel.Warning, "A request to the ops endpoint {Endpoint} was refused: {Code}.")]
    private partial void Refused(string code, string? endpoint);
}
