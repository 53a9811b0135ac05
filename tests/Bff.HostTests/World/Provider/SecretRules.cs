using System.Net;
using System.Text;

namespace Bff.HostTests;

internal sealed class SecretBasicRule : ClientRule
{
    private const string Scheme = "Basic ";

    public override string Method => "client_secret_basic";

    public override Task<string?> RefuseAsync(ClientRequest request) => Task.FromResult(Refuse(request));

    private static string? Refuse(ClientRequest request)
    {
        if (Beside(request, basic: true) is { } beside) { return beside; }
        if (request.Form.TryGetValue("client_id", out var id) && id != request.Provider.AcceptedClientId) { return "another client_id in the body"; }
        if (request.Authorization?.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) != true) { return "no Basic credentials"; }
        var bytes = new byte[request.Authorization.Length];
        if (!Convert.TryFromBase64String(request.Authorization[Scheme.Length..].Trim(), bytes, out var length)) { return "credentials that are no base64"; }
        var parts = Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2);
        return parts.Length == 2 && WebUtility.UrlDecode(parts[0]) == request.Provider.AcceptedClientId
            && WebUtility.UrlDecode(parts[1]) == request.Provider.AcceptedSecret
            ? null
            : "wrong Basic credentials, or not form-encoded";
    }
}

internal sealed class SecretPostRule : ClientRule
{
    public override string Method => "client_secret_post";

    public override Task<string?> RefuseAsync(ClientRequest request) => Task.FromResult(
        Beside(request, post: true) ?? NotOurId(request)
        ?? (request.Form.GetValueOrDefault("client_secret") == request.Provider.AcceptedSecret ? null : "a wrong client_secret, or none"));
}

internal sealed class PublicClientRule : ClientRule
{
    public override string Method => "none";

    public override Task<string?> RefuseAsync(ClientRequest request) => Task.FromResult(Beside(request) ?? NotOurId(request));
}
