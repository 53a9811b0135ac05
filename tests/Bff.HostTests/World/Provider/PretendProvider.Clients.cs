using System.Collections.Concurrent;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Bff.HostTests;

/// <summary>Who may call the provider's endpoints for clients, and how.</summary>
internal sealed partial class PretendProvider
{
    /// <summary>The only client authentication accepted; announced in the metadata. Null for the secret in the body, and nothing announced.</summary>
    public ClientRule? ClientRule { get; set; }

    /// <summary>Who access tokens are for has to be said in each token call.</summary>
    public TargetRule? Target { get; set; }

    /// <summary>The listener of <see cref="OfferMutualTlsAsync"/>.</summary>
    public MutualTls? MutualTls { get; private set; }

    /// <summary>Each request in which a client had to say who it is, in order.</summary>
    public ConcurrentQueue<ClientCall> ClientCalls { get; } = new();

    /// <summary>Each request that broke a rule, in order.</summary>
    public ConcurrentQueue<Refusal> Refusals { get; } = new();

    /// <summary>
    /// Listens on https beside the plain address and asks there for client certificates; self-signed ones are welcome, and which one is a client's is for
    /// the <see cref="ClientRule"/> to say.
    /// </summary>
    public async Task<MutualTls> OfferMutualTlsAsync()
    {
        var offered = new MutualTls();
        var door = NewListener(host => host.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.ConfigureHttpsDefaults(https =>
        {
            https.ServerCertificate = offered.ServerCertificate;
            https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
            https.ClientCertificateValidation = (_, _, _) => true;
        })).UseUrls("https://127.0.0.1:0"));
        await door.StartAsync();
        offered.Address = door.Urls.Single();
        return MutualTls = offered;
    }

    /// <summary>Where a client's assertion may be addressed to.</summary>
    public IEnumerable<string> AssertionAudiences(HttpRequest request)
    {
        yield return Issuer;
        yield return Address + "/token";
        if (MutualTls is not null) { yield return MutualTls.Address + "/token"; }
        if (request.Path == "/par") { yield return Address + "/par"; }
    }

    private async Task<IResult?> RefuseClientAsync(HttpRequest request, Dictionary<string, string> form)
    {
        var asked = new ClientRequest(this, request, form, _clock.GetUtcNow());
        var reason = ClientRule is { } rule ? await rule.RefuseAsync(asked) : IsOurClient(form) ? null : "a wrong client_id or client_secret";
        ClientCalls.Enqueue(new(request.Path, asked.Authorization, form, asked.Certificate is { } shown ? SelfSigned.HashOf(shown) : null, reason));
        if (reason is null) { return null; }
        if (ClientRule is null) { return Error(request, 401, "invalid_client"); }
        if (asked.Authorization is not null) { request.HttpContext.Response.Headers.WWWAuthenticate = "Basic realm=\"pretend\""; }
        return Refuse(request, 401, "invalid_client", reason);
    }

    private bool IsOurClient(Dictionary<string, string> form) =>
        form.GetValueOrDefault("client_id") == AcceptedClientId && form.GetValueOrDefault("client_secret") == AcceptedSecret;

    private IResult Refuse(HttpRequest request, int status, string error, string reason)
    {
        Refusals.Enqueue(new(request.Path, status, error, reason));
        return Results.Json(new { error, error_description = reason }, statusCode: status);
    }

    private IResult Error(HttpRequest request, int status, string error)
    {
        Refusals.Enqueue(new(request.Path, status, error, ""));
        return Results.Json(new { error }, statusCode: status);
    }

    private static Dictionary<string, string> Form(IFormCollection form) => form.ToDictionary(pair => pair.Key, pair => pair.Value.ToString());
}
