using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Bff.HostTests.Forwarding.PassThrough;

/// <summary>A world with routes for callers with tokens of their own, shared by the tests of a class; and what such a caller sends.</summary>
public sealed class CallersWorld : IAsyncLifetime
{
    public const string Audience = "orders", Scope = "orders.read", Target = "/machines/echo";

    private readonly ECDsa _pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _otherPair = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    internal static readonly (string Key, string? Value)[] Settings =
    [
        ("Bff:Policies:orders-read:Scopes:0", Scope),
        .. Route("machines", "PassThrough", "orders-read"), .. Route("both", "UserOrPassThrough", "default"),
    ];

    internal World World { get; private set; } = null!;

    internal static (string Key, string? Value)[] Route(string name, string token, string policy) =>
    [
        ($"ReverseProxy:Routes:{name}:ClusterId", "api"), ($"ReverseProxy:Routes:{name}:Match:Path", $"/{name}/{{**rest}}"),
        ($"ReverseProxy:Routes:{name}:Metadata:Bff.Token", token), ($"ReverseProxy:Routes:{name}:Metadata:Bff.Audience", Audience),
        ($"ReverseProxy:Routes:{name}:AuthorizationPolicy", policy),
    ];

    public async ValueTask InitializeAsync() => World = await World.StartAsync(Settings);

    internal static async Task<CallersWorld> StartAsync(params (string Key, string? Value)[] more) =>
        new() { World = await World.StartAsync([.. Settings, .. more]) };

    internal string Host => World.Bff.Address.Authority;

    internal Dictionary<string, object?> Claims() => new()
    {
        ["iss"] = World.Provider.Issuer, ["sub"] = "script", ["aud"] = Audience, ["client_id"] = "partner", ["scope"] = $"openid {Scope}",
        ["iat"] = World.Clock.Now.ToUnixTimeSeconds(), ["exp"] = World.Clock.Now.AddMinutes(5).ToUnixTimeSeconds(), ["jti"] = Guid.NewGuid().ToString("N"),
    };

    /// <summary>As the provider would issue it.</summary>
    internal string Token(Action<Dictionary<string, object?>>? claims = null, SigningKey? key = null, string? type = "at+jwt")
    {
        var all = Claims();
        claims?.Invoke(all);
        return Jwt.Sign(all, key ?? World.Provider.Key, header =>
        {
            if (type is null) { header.Remove("typ"); }
            else { header["typ"] = type; }
        });
    }

    /// <summary>Bound to our key, or to another.</summary>
    internal string BoundToken(bool toAnother = false) =>
        Token(claims => claims["cnf"] = new Dictionary<string, string> { ["jkt"] = Thumbprint(toAnother ? _otherPair : _pair) });

    internal string Proof(string token, Action<Dictionary<string, object?>>? claims = null, Action<Dictionary<string, object?>>? header = null)
    {
        var all = new Dictionary<string, object?>
        {
            ["htm"] = "GET", ["htu"] = $"http://{Host}{Target}", ["iat"] = World.Clock.Now.ToUnixTimeSeconds(), ["jti"] = Guid.NewGuid().ToString("N"),
            ["ath"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(token))),
        };
        var head = new Dictionary<string, object?> { ["typ"] = "dpop+jwt", ["alg"] = "ES256", ["jwk"] = Members(_pair) };
        claims?.Invoke(all);
        header?.Invoke(head);
        var signed = Encode(head) + "." + Encode(all);
        return signed + "." + Base64Url.EncodeToString(_pair.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256));
    }

    internal Dictionary<string, string> PrivateMembers() =>
        new(Members(_pair)) { ["d"] = Base64Url.EncodeToString(_pair.ExportParameters(includePrivateParameters: true).D) };

    internal Dictionary<string, string> OtherMembers() => Members(_otherPair);

    /// <summary>What the API is sent is marked with it: tests of a class run at once.</summary>
    internal AsyncLocal<string> Mark { get; } = new();

    internal IEnumerable<PretendApi.Call> MarkedCalls => World.Api.Calls.Where(call => call.Header("X-Mark") == Mark.Value);

    internal Task<RawCall> GetAsync(string path, params string[] headers) =>
        RawCall.GetAsync(World.Bff.Address, path, Host, [.. headers, "X-Mark: " + (Mark.Value ??= Guid.NewGuid().ToString("N"))]);

    internal static string Bearer(string token) => "Authorization: Bearer " + token;

    internal static string Bound(string token) => "Authorization: DPoP " + token;

    internal static string Shown(string proof) => "DPoP: " + proof;

    private static string Encode(Dictionary<string, object?> value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));

    private static Dictionary<string, string> Members(ECDsa pair)
    {
        var point = pair.ExportParameters(includePrivateParameters: false).Q;
        return new() { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = Base64Url.EncodeToString(point.X), ["y"] = Base64Url.EncodeToString(point.Y) };
    }

    private static string Thumbprint(ECDsa pair)
    {
        var members = Members(pair);
        var text = string.Create(CultureInfo.InvariantCulture, $$"""{"crv":"P-256","kty":"EC","x":"{{members["x"]}}","y":"{{members["y"]}}"}""");
        return Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(text)));
    }

    public async ValueTask DisposeAsync()
    {
        await World.DisposeAsync();
        _pair.Dispose();
        _otherPair.Dispose();
    }
}
