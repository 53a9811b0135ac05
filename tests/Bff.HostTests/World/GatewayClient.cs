using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Bff.HostTests;

/// <summary>A gateway's questions, as nginx, Caddy and Traefik ask them; or in Envoy's way.</summary>
internal sealed class GatewayClient(World world) : IDisposable
{
    public const string Token = "a-gateway-token-of-the-tests-7c1e0b";

    /// <summary>What makes Bff listen for one.</summary>
    public static readonly (string Key, string? Value)[] Settings = [("Bff:Gateway:Url", "http://127.0.0.1:0"), ("Bff:Gateway:Token", Token)];

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { Timeout = Eventually.Deadline };

    /// <summary>Whether this browser's script may call that.</summary>
    /// <param name="browser">Null for one without cookies.</param>
    /// <param name="target">Path and query as the browser sends them.</param>
    /// <param name="method">The same.</param>
    /// <param name="at">The endpoint of the gateway's port.</param>
    /// <param name="change">Of the question, at last; a header whose value becomes null is not sent.</param>
    public Task<Answer> AskAsync(
        Browser? browser, string target, string method = "GET", string at = "/check", Action<Dictionary<string, string?>>? change = null) =>
        SendAsync(HttpMethod.Get, at, browser, headers =>
        {
            (headers["X-Forwarded-Method"], headers["X-Forwarded-Uri"], headers["X-Forwarded-Host"]) = (method, target, world.Bff.Address.Authority);
            change?.Invoke(headers);
        });

    /// <summary>The same, with the target below the path, and the method as it is.</summary>
    public Task<Answer> AskBelowAsync(Browser browser, string target, string method, Action<Dictionary<string, string?>>? change = null) =>
        SendAsync(new HttpMethod(method), "/check" + target, browser, headers =>
        {
            headers["Host"] = world.Bff.Address.Authority;
            change?.Invoke(headers);
        });

    /// <summary>Nothing but a credential, or none.</summary>
    public static async Task<Answer> KnockAsync(Uri at, string? token = null, X509Certificate2? certificate = null)
    {
        using var handler = new HttpClientHandler();
        handler.ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator;
        if (certificate is not null) { handler.ClientCertificates.Add(certificate); }
        using var http = new HttpClient(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, at);
        if (token is not null) { request.Headers.Add("X-Bff-Gateway-Token", token); }
        using var response = await http.SendAsync(request);
        return await Answer.ReadAsync(response);
    }

    private async Task<Answer> SendAsync(HttpMethod method, string path, Browser? browser, Action<Dictionary<string, string?>> change)
    {
        var headers = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
        {
            ["X-Bff-Gateway-Token"] = Token, ["X-Forwarded-Proto"] = "http", ["X-Forwarded-For"] = "192.0.2.7", ["X-CSRF"] = "1",
            ["Origin"] = Browser.SpaOrigin, ["Cookie"] = browser?.Cookies.HeaderFor("localhost"),
        };
        change(headers);
        using var request = new HttpRequestMessage(method, world.Bff.GatewayAddress.AbsoluteUri.TrimEnd('/') + path);
        foreach (var (name, value) in headers.Where(header => !string.IsNullOrEmpty(header.Value))) { request.Headers.TryAddWithoutValidation(name, value); }
        using var response = await _http.SendAsync(request);
        return await Answer.ReadAsync(response);
    }

    public void Dispose() => _http.Dispose();
}
