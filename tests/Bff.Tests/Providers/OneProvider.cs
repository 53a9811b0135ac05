using System.Net;
using System.Text;
using Bff.Providers;
using Bff.Providers.Metadata;

namespace Bff.Tests.Providers;

/// <summary>A provider that is its metadata and its keys and nothing more.</summary>
internal sealed class OneProvider(string key, string issuer = "https://idp.example", string announced = """["RS256","EdDSA"]""")
    : HttpMessageHandler, IHttpClientFactory
{
    public static IdTokenValidator Tokens(string key, TimeProvider clock, Action<OidcOptions>? set = null, string issuer = "https://idp.example")
    {
        var options = new OidcOptions { Authority = "https://idp.example", ClientId = "bff", ClientSecret = new string('s', 64) };
        set?.Invoke(options);
        return ProviderPieces.Of(new OneProvider(key, issuer), clock, options).IdTokens;
    }

    public HttpClient CreateClient(string name) => new(this, disposeHandler: false);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.RequestUri!.AbsolutePath == "/j"
            ? $$"""{"keys":[{{key}}]}"""
            : $$"""{"issuer":"{{issuer}}","authorization_endpoint":"https://idp.example/a","token_endpoint":"https://idp.example/t","""
                + $$""" "jwks_uri":"https://idp.example/j","id_token_signing_alg_values_supported":{{announced}}}""";
        return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(body, Encoding.UTF8, "application/json") });
    }
}
