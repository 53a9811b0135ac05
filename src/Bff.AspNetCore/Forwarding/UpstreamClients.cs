using System.Text;
using Bff.Providers.DPoP;
using Yarp.ReverseProxy.Forwarder;

namespace Bff.Forwarding;

/// <summary>Makes the clients that call upstreams.</summary>
internal sealed class UpstreamClients(ProvenRequests proofs, CallMetrics metrics, ILogger<ForwarderHttpClientFactory> logger)
    : ForwarderHttpClientFactory(logger)
{
    /// <summary>For an upstream that ignores <c>Expect: 100-continue</c>; one that knows it answers in one round trip.</summary>
    private static readonly TimeSpan ExpectTimeout = TimeSpan.FromMilliseconds(200);

    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);

        // A header's value is bytes (RFC 9110 section 5.5): Latin-1 is the encoding that changes none. What the cluster says itself is set already.
        handler.RequestHeaderEncodingSelector ??= (_, _) => Encoding.Latin1;
        handler.ResponseHeaderEncodingSelector ??= (_, _) => Encoding.Latin1;
        handler.Expect100ContinueTimeout = ExpectTimeout;

        // A response that is ended here leaves a read behind on its connection. Were the rest waited for, the connection could be used again, and that read
        // would take what belongs to the next call. The price: one whose body is not wanted and has not come yet costs its connection.
        handler.ResponseDrainTimeout = TimeSpan.Zero;
    }

    protected override HttpMessageHandler WrapHandler(ForwarderHttpClientContext context, HttpMessageHandler handler) =>
        new ProvenCalls(proofs, metrics) { InnerHandler = base.WrapHandler(context, handler) };
}
