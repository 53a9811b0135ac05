using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Bff.Simulation;

/// <summary>The way from one node to a provider that rotates refresh tokens and responds after a while.</summary>
internal sealed class NodeProvider(SessionTable table, int node, SimulationOptions options, Func<TimeSpan> latency, TimeProvider clock, Func<int, bool> isDead)
    : HttpMessageHandler, IHttpClientFactory
{
    private const string Field = "refresh_token=";

    private static readonly byte[] Metadata = Encoding.UTF8.GetBytes(
        """{"issuer":"https://idp.example","authorization_endpoint":"https://idp.example/a","token_endpoint":"https://idp.example/t"}""");

    private static readonly byte[] Refusal = Encoding.UTF8.GetBytes("""{"error":"invalid_request"}""");

    private static readonly MediaTypeHeaderValue Json = new("application/json");

    /// <summary>Its own time limit would be by the machine's clock.</summary>
    public HttpClient CreateClient(string name) => new(this, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content is null) { return Response(HttpStatusCode.OK, Metadata); }
        var form = await request.Content.ReadAsStringAsync(cancellationToken);
        var (number, generation) = SessionTable.ReadToken(RefreshTokenOf(form));
        var issued = table.Trade(number, generation, node, isDead);
        await Task.Delay(latency(), clock, cancellationToken);
        return issued is null ? Response(HttpStatusCode.BadRequest, Refusal) : Response(HttpStatusCode.OK, Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            {"access_token":"{{SessionTable.TokenOf('a', number, issued.Value)}}","refresh_token":"{{SessionTable.TokenOf('r', number, issued.Value)}}",
             "token_type":"Bearer","expires_in":{{options.TokenLife.TotalSeconds:F0}}}
            """)));
    }

    private static ReadOnlySpan<char> RefreshTokenOf(string form)
    {
        for (var at = form.IndexOf(Field, StringComparison.Ordinal); ; at = form.IndexOf(Field, at + 1, StringComparison.Ordinal))
        {
            if (at > 0 && form[at - 1] != '&') { continue; }   // grant_type has the word, too
            var token = form.AsSpan(at + Field.Length);
            return token.IndexOf('&') is var end and >= 0 ? token[..end] : token;
        }
    }

    private static HttpResponseMessage Response(HttpStatusCode status, byte[] body) =>
        new(status) { Content = new ByteArrayContent(body) { Headers = { ContentType = Json } } };
}
