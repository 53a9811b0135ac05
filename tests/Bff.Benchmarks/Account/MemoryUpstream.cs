using System.Net;
using System.Net.Http.Headers;
using Bff.Benchmarks.Roles;
using Yarp.ReverseProxy.Forwarder;

namespace Bff.Benchmarks.Account;

/// <summary>In the API's place, and in that of the sockets before it: what YARP would send is looked at, and a response of 117 bytes is there at once.</summary>
internal sealed class MemoryUpstream : HttpMessageHandler, IForwarderHttpClientFactory
{
    private static readonly byte[] Body = Payloads.Of(Payloads.Json);

    private static readonly MediaTypeHeaderValue Json = MediaTypeHeaderValue.Parse("application/json; charset=utf-8");

    private HttpMessageInvoker? _invoker;

    /// <summary>Calls that came with a bearer token.</summary>
    public long Authorized { get; private set; }

    public HttpMessageInvoker CreateClient(ForwarderHttpClientContext context) => _invoker ??= new HttpMessageInvoker(this);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        foreach (var header in request.Headers.NonValidated)
        {
            if (header.Key == "Authorization") { Authorized++; }
        }

        var response = new HttpResponseMessage(HttpStatusCode.OK) { RequestMessage = request, Content = new ByteArrayContent(Body) };
        response.Content.Headers.ContentType = Json;
        response.Content.Headers.ContentLength = Body.Length;
        response.Headers.TryAddWithoutValidation("Date", "Thu, 26 Nov 2026 12:00:00 GMT");
        response.Headers.TryAddWithoutValidation("Server", "Kestrel");
        return Task.FromResult(response);
    }
}
