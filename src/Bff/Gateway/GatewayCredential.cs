using System.Security.Cryptography;
using System.Text;
using Bff.Guard;
using Bff.Ops;
using Microsoft.Extensions.Options;

namespace Bff.Gateway;

/// <summary>Lets the gateway in, by its token or a client certificate. Whoever has neither is told nothing.</summary>
internal sealed class GatewayCredential : IDisposable
{
    /// <summary><c>Authorization</c> is taken: the original request may have one.</summary>
    public const string Header = "X-Bff-Gateway-Token";

    public const string Required = "gateway_credential_required";

    private readonly GuardMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly RefusalLog _log;
    private readonly IDisposable? _changes;
    private volatile byte[]? _token;

    public GatewayCredential(IOptionsMonitor<GatewayOptions> options, GuardMetrics metrics, TimeProvider clock, ILogger<GatewayCredential> logger)
    {
        (_metrics, _clock, _token) = (metrics, clock, HashOf(options.CurrentValue));
        _log = new RefusalLog(logger, clock);   // of its own, so that refusals at the public port hide nothing here
        _changes = options.OnChange(changed => _token = HashOf(changed));
    }

    /// <returns>Whether the gateway has shown who it is; otherwise it has its response.</returns>
    public bool Check(HttpContext context)
    {
        var given = context.Request.Headers[Header].ToString();
        context.Request.Headers.Remove(Header);
        if (IsToken(given) || ClientAuthority.TrustedSubject(context, _clock.GetUtcNow()) is not null) { return true; }
        _metrics.Refused(Required);
        _log.Refused(context, Required, given.Length > 0 ? $"a wrong {Header}" : null);
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return false;
    }

    /// <summary>Hashes have one length, so the time taken tells nothing about the token.</summary>
    private bool IsToken(string given) => _token is { } token && given.Length > 0 && CryptographicOperations.FixedTimeEquals(Hash(given), token);

    private static byte[]? HashOf(GatewayOptions options) => options.Token is { Length: > 0 } token ? Hash(token) : null;

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    public void Dispose() => _changes?.Dispose();
}
