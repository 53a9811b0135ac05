using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Bff.HostTests.PretendProviders;

/// <summary>A client of the pretend provider that is not the proxy: plain HTTP, and libraries to check what comes back.</summary>
internal sealed class ProviderClient : IAsyncDisposable
{
    public const string Callback = "http://localhost:5000/callback";
    private const string Verifier = "a-verifier-that-is-long-enough-for-pkce-0123456789";

    private readonly List<HttpClient> _clients = [];

    private ProviderClient(TestClock clock, PretendProvider provider)
    {
        (Clock, Provider) = (clock, provider);
        Http = NewHttp(new());
    }

    public static async Task<ProviderClient> StartAsync()
    {
        var clock = new TestClock();
        return new(clock, await PretendProvider.StartAsync(clock));
    }

    public TestClock Clock { get; }

    public PretendProvider Provider { get; }

    public HttpClient Http { get; }

    /// <summary>A connection that shows a certificate and trusts the one in the provider's file.</summary>
    public HttpClient HttpWith(X509Certificate2? certificate, MutualTls listener)
    {
        var handler = new SocketsHttpHandler();
        var chain = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        chain.CustomTrustStore.Add(X509CertificateLoader.LoadCertificateFromFile(listener.ServerCertificateFile));
        handler.SslOptions.CertificateChainPolicy = chain;
        if (certificate is not null) { handler.SslOptions.ClientCertificates = [certificate]; }
        handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate!;
        return NewHttp(handler);
    }

    private HttpClient NewHttp(SocketsHttpHandler handler)
    {
        (handler.AllowAutoRedirect, handler.UseCookies) = (false, false);
        _clients.Add(new HttpClient(handler) { Timeout = Eventually.Deadline });
        return _clients[^1];
    }

    public async Task<JsonElement> MetadataAsync(string path = "/.well-known/openid-configuration") => (await GetAsync(path)).Json;

    public async Task<Answer> GetAsync(string path, HttpClient? over = null)
    {
        using var response = await (over ?? Http).GetAsync(new Uri(new Uri(Provider.Address), path));
        return await Answer.ReadAsync(response);
    }

    /// <summary>An authorization request with PKCE, state and nonce.</summary>
    public Task<Answer> AuthorizeAsync(params (string Name, string Value)[] more) => GetAsync(QueryHelpers.AddQueryString("/authorize", Request(more)));

    public static Dictionary<string, string?> Request(params (string Name, string Value)[] more)
    {
        var request = new Dictionary<string, string?>
        {
            ["client_id"] = PretendProvider.ClientId, ["response_type"] = "code", ["redirect_uri"] = Callback, ["state"] = "s1", ["nonce"] = "n1",
            ["code_challenge_method"] = "S256", ["code_challenge"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier))),
        };
        foreach (var (name, value) in more) { request[name] = value; }
        return request;
    }

    public static Dictionary<string, string> Parameters(Answer redirect) =>
        QueryHelpers.ParseQuery(redirect.Location!.Query).ToDictionary(pair => pair.Key, pair => pair.Value.ToString());

    public async Task<string> CodeAsync(params (string Name, string Value)[] more) => Parameters(await AuthorizeAsync(more))["code"];

    /// <summary>Posts a form with the client's id and secret in it.</summary>
    public Task<Answer> PostAsync(string path, params (string Name, string Value)[] form) =>
        PostAsync(path, null, null, [.. form, ("client_id", PretendProvider.ClientId), ("client_secret", PretendProvider.ClientSecret)]);

    /// <summary>Posts a form as it is.</summary>
    public async Task<Answer> PostAsync(string path, HttpClient? over, string? authorization, params (string Name, string Value)[] form)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path.Contains("://", StringComparison.Ordinal) ? path : Provider.Address + path)
        {
            Content = new FormUrlEncodedContent(form.Select(field => KeyValuePair.Create(field.Name, field.Value))),
        };
        if (authorization is not null) { request.Headers.TryAddWithoutValidation("Authorization", authorization); }
        using var response = await (over ?? Http).SendAsync(request);
        return await Answer.ReadAsync(response);
    }

    public static (string Name, string Value)[] Redemption(string code) =>
        [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", Callback), ("code_verifier", Verifier)];

    public static (string Name, string Value)[] Renewal(string refreshToken) => [("grant_type", "refresh_token"), ("refresh_token", refreshToken)];

    /// <summary>Signs in, and gets tokens with the client secret in the body.</summary>
    public async Task<Answer> SignInAsync(params (string Name, string Value)[] more) => await PostAsync("/token", Redemption(await CodeAsync(more)));

    /// <summary>Checks a token's signature with the keys the provider publishes, or with this one; issuer and audience too.</summary>
    public async Task<JsonWebToken> ValidateAsync(string token, SecurityKey? key = null)
    {
        var keys = new JsonWebKeySet((await GetAsync("/jwks")).Body).GetSigningKeys();
        var result = await new JsonWebTokenHandler().ValidateTokenAsync(token, new()
        {
            IssuerSigningKeys = key is null ? keys : [key], ValidIssuer = Provider.Issuer, ValidAudience = PretendProvider.ClientId, ValidateLifetime = false,
        });
        result.IsValid.ShouldBeTrue(result.Exception?.Message);
        return (JsonWebToken)result.SecurityToken;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients) { client.Dispose(); }
        await Provider.DisposeAsync();
    }
}
