using System.Net;
using System.Security.Cryptography;
using System.Text;
using Bff.Guard;
using Microsoft.Extensions.Options;

namespace Bff.Ops;

/// <summary>
/// Lets operators in: by the bearer token or a client certificate; where neither is configured the port is loopback, and what must be kept out are web pages in
/// a browser on this machine. Whoever is let in is known to the endpoints as the request's <see cref="Operator"/>.
/// </summary>
internal sealed class OpsGuard
{
    private const string Bearer = "Bearer ";

    private readonly RequestDelegate _next;
    private readonly CredentialLimit _limit;
    private readonly TimeProvider _clock;
    private readonly GuardMetrics _metrics;
    private readonly Audit _audit;
    private readonly RefusalLog _log;
    private volatile Rules _rules;

    /// <param name="Token">Hash of the bearer token, when there is one.</param>
    /// <param name="CredentialNeeded">Either the token or a client certificate has to be shown.</param>
    /// <param name="Hosts">The names this port is asked by, beside <c>localhost</c>.</param>
    private sealed record Rules(byte[]? Token, bool CredentialNeeded, HashSet<string> Hosts)
    {
        public static Rules Of(OpsOptions options)
        {
            var token = options.Token is { Length: > 0 } given ? Hash(given) : null;
            var hosts = options.AllowedHosts.Append(OpsOptions.Parse(options.Url)?.Host ?? "").Append("localhost");
            return new(token, token is not null || !string.IsNullOrEmpty(options.ClientCertificateAuthority), new(hosts, StringComparer.OrdinalIgnoreCase));
        }
    }

    public OpsGuard(
        RequestDelegate next, IOptionsMonitor<OpsOptions> options, CredentialLimit limit, GuardMetrics metrics, Audit audit, TimeProvider clock,
        ILogger<OpsGuard> logger)
    {
        (_next, _limit, _metrics, _audit, _clock, _rules) = (next, limit, metrics, audit, clock, Rules.Of(options.CurrentValue));
        _log = new RefusalLog(logger, clock);   // of its own, so that refusals at the public port hide nothing here
        options.OnChange(changed => _rules = Rules.Of(changed));
    }

    public Task InvokeAsync(HttpContext context)
    {
        var problem = Objection(context);
        if (context.GetEndpoint()?.Metadata.GetMetadata<OpenToProbes>() is not null)
        {
            // The container's own probe, which has no token, may report what is missing to people at the machine; a page in a browser there may not.
            if (problem is { Status: StatusCodes.Status401Unauthorized } && IsLocal(context.Connection.RemoteIpAddress)) { Operator.OnThisMachine(context); }
            return _next(context);
        }

        if (problem is null) { return _next(context); }
        if (problem.Status == StatusCodes.Status401Unauthorized) { context.Response.Headers.WWWAuthenticate = "Bearer realm=\"Bff ops\""; }
        _metrics.Refused(problem.Code);
        _audit.OperatorRefused(problem.Code);
        _log.Refused(context, problem.Code);
        return problem.ExecuteAsync(context);
    }

    private Problem? Objection(HttpContext context)
    {
        if (IsSentByAnotherSite(context.Request))
        {
            return new(StatusCodes.Status403Forbidden, "cross_site_request", "Requests from other sites are refused.");
        }

        // A name that an attacker points here makes his page same-origin with this port (DNS rebinding). An address cannot be pointed anywhere.
        if (!_rules.Hosts.Contains(context.Request.Host.Host) && !IPAddress.TryParse(context.Request.Host.Host.Trim('[', ']'), out _))
        {
            return new(
                StatusCodes.Status421MisdirectedRequest,
                "host_not_allowed",
                "The ops port is not served under this name.",
                "Use an address or localhost, or add the name to Bff:Ops:AllowedHosts.");
        }

        if (!_rules.CredentialNeeded)
        {
            Operator.OnThisMachine(context);
            return null;
        }

        if (ClientAuthority.TrustedSubject(context, _clock.GetUtcNow()) is { } subject)
        {
            Operator.ByCertificate(context, subject);
            return null;
        }

        return TokenObjection(context);
    }

    private Problem? TokenObjection(HttpContext context)
    {
        var given = context.Request.Headers.Authorization.ToString();
        if (given.Length > 0)
        {
            switch (_limit.Try(context, () => IsToken(given)))
            {
                case (null, var wait):
                    return new(StatusCodes.Status429TooManyRequests, RateLimits.Code, "Too many wrong tokens came from this address.", RetryAfter: wait);
                case (true, _):
                    Operator.ByToken(context);
                    return null;
            }
        }

        return new(
            StatusCodes.Status401Unauthorized,
            "ops_token_required",
            "The ops port requires its bearer token.",
            "Send 'Authorization: Bearer' with the value of Bff:Ops:Token.");
    }

    /// <summary>Following a link to here is harmless: the page it comes from does not see the response, and a GET changes nothing.</summary>
    private static bool IsSentByAnotherSite(HttpRequest request)
    {
        var headers = request.Headers;
        if (HttpMethods.IsGet(request.Method) && headers["Sec-Fetch-Mode"] == "navigate" && headers["Sec-Fetch-Dest"] == "document") { return false; }
        return headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site"
            || (headers.Origin.ToString() is { Length: > 0 } origin
            && !string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Hashes have one length, so the time taken tells nothing about the token.</summary>
    private bool IsToken(string given) =>
        _rules.Token is { } token && given.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(Hash(given[Bearer.Length..].Trim()), token);

    private static bool IsLocal(IPAddress? address) => address is not null && IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
