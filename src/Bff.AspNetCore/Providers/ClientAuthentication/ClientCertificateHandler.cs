using System.Net.Security;

namespace Bff.Providers.ClientAuthentication;

/// <summary>
/// The connections to a provider. They show our client certificate where the server asks for one; a certificate that was replaced gets connections of its own,
/// so that no call goes out with the old one.
/// </summary>
/// <param name="registration">Our client there.</param>
/// <param name="create">Makes what connects.</param>
internal sealed class ClientCertificateHandler(ClientRegistration registration, Func<SocketsHttpHandler> create) : HttpMessageHandler
{
    private readonly Lock _lock = new();
    private volatile Connections? _current;

    private sealed record Connections(string? Certificate, string? Key, HttpMessageInvoker Calls);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        Current().SendAsync(request, cancellationToken);

    private HttpMessageInvoker Current()
    {
        var options = registration.Options;
        if (_current is { } current && IsOf(current, options)) { return current.Calls; }
        lock (_lock)
        {
            // The old ones are not disposed of: a call may be about to go out on them. They close when they are idle.
            if (_current is not { } old || !IsOf(old, options))
            {
                _current = new(options.ClientCertificate, options.ClientCertificateKey, new HttpMessageInvoker(Connect(options)));
            }

            return _current.Calls;
        }
    }

    private SocketsHttpHandler Connect(OidcOptions options)
    {
        var handler = create();
        if (options.HasClientCertificate)
        {
            handler.SslOptions.ClientCertificateContext =
                SslStreamCertificateContext.Create(ClientCertificate.Load(options), ClientCertificate.Issuers(options), offline: true);
        }

        return handler;
    }

    private static bool IsOf(Connections connections, OidcOptions options) =>
        connections.Certificate == options.ClientCertificate && connections.Key == options.ClientCertificateKey;

    protected override void Dispose(bool disposing)
    {
        if (disposing) { _current?.Calls.Dispose(); }
        base.Dispose(disposing);
    }
}
