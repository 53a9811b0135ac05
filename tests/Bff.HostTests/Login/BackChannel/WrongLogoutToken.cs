using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Bff.HostTests.Login.BackChannel;

/// <summary>Logout tokens for alice's session, each wrong in one way, by what is wrong with it.</summary>
/// <param name="Word">The proxy's for it.</param>
/// <param name="Send">What comes instead of a right one.</param>
internal sealed record WrongLogoutToken(string Word, Func<World, HttpContent?> Send)
{
    /// <summary>Stands for a member that is left out.</summary>
    private static readonly object Missing = new();

    public static readonly IReadOnlyDictionary<string, WrongLogoutToken> All = new Dictionary<string, WrongLogoutToken>
    {
        ["form: JSON"] = new(
            "request", world => new StringContent(JsonSerializer.Serialize(new { logout_token = Right(world) }), Encoding.UTF8, "application/json")),
        ["form: multipart"] = new("request", world => new MultipartFormDataContent { { new StringContent(Right(world)), "logout_token" } }),
        ["form: no type"] = new("request", world => Typed(null, "logout_token=" + Right(world))),
        ["form: a type that only begins so"] = new("request", world => Typed("application/x-www-form-urlencoded-too", "logout_token=" + Right(world))),
        ["form: text"] = new("request", world => Typed("text/plain", "logout_token=" + Right(world))),
        ["form: no body"] = new("request", _ => null),
        ["form: empty"] = new("request", _ => Typed("application/x-www-form-urlencoded", "")),
        ["form: another parameter"] = new("request", world => new FormUrlEncodedContent([new("token", Right(world))])),
        ["form: an empty token"] = new("request", _ => BackChannelCalls.Form("")),
        ["form: two tokens"] = new("request", world => BackChannelCalls.Form(Right(world), Right(world))),
        ["form: the same twice"] = new("request", world => Right(world) is var token ? BackChannelCalls.Form(token, token) : null),
        ["form: 1 MB"] = new("request", world => new FormUrlEncodedContent([new("more", new string('x', 1 << 20)), new("logout_token", Right(world))])),
        ["form: 1 MB without a length"] = new("request", world => new Chunked($"more={new string('x', 1 << 20)}&logout_token={Right(world)}")),
        ["form: a token of 1 MB"] = new("request", world => BackChannelCalls.Form(Right(world) + new string('x', 1 << 20))),
        ["form: hundreds of parameters"] = new(
            "request", world => new FormUrlEncodedContent(
                Enumerable.Range(0, 500).Select(number => KeyValuePair.Create("p" + number, "")).Append(new("logout_token", Right(world))))),

        ["signature: none"] = Text("signature", world => Right(world)[..(Right(world).LastIndexOf('.') + 1)]),
        ["signature: cut"] = Text("signature", world => Right(world)[..^8]),
        ["signature: of other claims"] = Text("signature", world => Mixed(Right(world), Other(world))),
        ["signature: another key under the kid of the right one"] = Text(
            "signature", world => Jwt.Sign(Claims(world), SigningKey.Number(2) with { Kid = world.Provider.Key.Kid })),
        ["signature: another key"] = Text("signature", world => Jwt.Sign(Claims(world), SigningKey.Number(2))),
        ["signature: another key without kid"] = Text("signature", world => Jwt.Sign(Claims(world), SigningKey.Number(2) with { Kid = null })),
        ["signature: a key too short"] = Text("signature", world =>
        {
            world.Provider.Key = SigningKey.Weak;
            return Right(world);
        }),
        ["kid: of another of its keys"] = Text("signature", world =>
        {
            world.Provider.TokenKey = TokenKey.Create("RS256");
            Task.Run(() => world.SendLogoutAsync(world.Provider.LogoutToken("nobody"))).GetAwaiter().GetResult();   // from which the proxy learns of that key
            return Jwt.Sign(Claims(world), world.Provider.Key, header => header["kid"] = "token-key");
        }),
        ["kid: a number"] = Header("kid", "kid", 1),
        ["kid: empty"] = Header("kid", "kid", ""),
        ["kid: a list"] = Header("kid", "kid", new[] { "key-1" }),
        ["signature: unreadable"] = Text("signature", world => Right(world)[..(Right(world).LastIndexOf('.') + 1)] + "!!!"),

        ["alg: none"] = Text("alg", world => Jwt.Unsigned(Claims(world))),
        ["alg: none beside a signature"] = Header("alg", "alg", "none"),
        ["alg: nOnE"] = Header("alg", "alg", "nOnE"),
        ["alg: our secret"] = Text("alg", world => Jwt.SignWithSecret(Claims(world), PretendProvider.ClientSecret)),
        ["alg: the public key as a secret"] = Text(
            "alg", world => Jwt.SignWithSecret(Claims(world), world.Provider.Key.Rsa.ExportSubjectPublicKeyInfoPem())),
        ["alg: missing"] = Header("alg", "alg", Missing),
        ["alg: in small letters"] = Header("alg", "alg", "rs256"),
        ["alg: a number"] = Header("alg", "alg", 256),

        ["typ: of an access token"] = Header("typ", "typ", "at+jwt"),
        ["typ: of a proof"] = Header("typ", "typ", "dpop+jwt"),
        ["typ: of another event"] = Header("typ", "typ", "secevent+jwt"),
        ["typ: empty"] = Header("typ", "typ", ""),
        ["typ: a number"] = Header("typ", "typ", 1),
        ["crit: b64"] = new("crit", world => BackChannelCalls.Form(world.Provider.LogoutToken(Claims(world), header =>
            (header["crit"], header["b64"]) = (new[] { "b64" }, true)))),
        ["crit: unknown"] = Header("crit", "crit", new[] { "exp" }),
        ["crit: empty"] = Header("crit", "crit", Array.Empty<string>()),
        ["crit: b64 alone"] = Header("crit", "b64", false),

        ["iss: another"] = Claim("iss", "iss", "https://evil.example"),
        ["iss: missing"] = Claim("iss", "iss", Missing),
        ["iss: with a slash more"] = new("iss", world => Form(world, "iss", world.Provider.Issuer + "/")),
        ["iss: with a path"] = new("iss", world => Form(world, "iss", world.Provider.Issuer + "/other")),
        ["iss: in capitals"] = new("iss", world => Form(world, "iss", world.Provider.Issuer.ToUpperInvariant())),
        ["iss: a number"] = Claim("iss", "iss", 7),
        ["iss: a list"] = new("iss", world => Form(world, "iss", new[] { world.Provider.Issuer })),

        ["aud: another"] = Claim("aud", "aud", "another-client"),
        ["aud: missing"] = Claim("aud", "aud", Missing),
        ["aud: a stranger, too"] = Claim("aud", "aud", new[] { PretendProvider.ClientId, "stranger" }),
        ["aud: an empty list"] = Claim("aud", "aud", Array.Empty<string>()),
        ["aud: a number, too"] = Claim("aud", "aud", new object[] { PretendProvider.ClientId, 7 }),
        ["aud: a number"] = Claim("aud", "aud", 7),
        ["azp: another"] = Claim("azp", "azp", "another-client"),
        ["azp: empty"] = Claim("azp", "azp", ""),
        ["azp: a list"] = Claim("azp", "azp", new[] { PretendProvider.ClientId }),

        ["iat: missing"] = Claim("iat", "iat", Missing),
        ["iat: nothing"] = Claim("iat", "iat", null),
        ["iat: in ten minutes"] = new("iat", world => Form(world, ("iat", At(world, 10)), ("exp", At(world, 12)))),
        ["iat: ten minutes ago"] = new("iat", world => Form(world, ("iat", At(world, -10)), ("exp", At(world, 12)))),
        ["iat: text"] = new("iat", world => Form(world, "iat", $"{At(world, 0)}")),
        ["exp: missing"] = Claim("exp", "exp", Missing),
        ["exp: nothing"] = Claim("exp", "exp", null),
        ["exp: over"] = new("exp", world => Form(world, ("iat", At(world, -3)), ("exp", At(world, -2.5)))),
        ["exp: before iat"] = new("exp", world => Form(world, ("iat", At(world, 1)), ("exp", At(world, 0.5)))),
        ["exp: text"] = new("exp", world => Form(world, "exp", $"{At(world, 2)}")),

        ["jti: missing"] = Claim("jti", "jti", Missing),
        ["jti: empty"] = Claim("jti", "jti", ""),
        ["jti: a number"] = Claim("jti", "jti", 7),

        ["events: missing"] = Claim("events", "events", Missing),
        ["events: nothing"] = Claim("events", "events", null),
        ["events: a list"] = Claim("events", "events", new[] { PretendProvider.LogoutEvent }),
        ["events: text"] = Claim("events", "events", PretendProvider.LogoutEvent),
        ["events: JSON as text"] = Claim("events", "events", "{\"" + PretendProvider.LogoutEvent + "\":{}}"),
        ["events: empty"] = Claim("events", "events", new Dictionary<string, object?>()),
        ["events: another"] = Claim("events", "events", new Dictionary<string, object?> { ["http://schemas.openid.net/event/other"] = new { } }),
        ["events: with a slash more"] = Claim("events", "events", new Dictionary<string, object?> { [PretendProvider.LogoutEvent + "/"] = new { } }),
        ["events: its member nothing"] = Claim("events", "events", new Dictionary<string, object?> { [PretendProvider.LogoutEvent] = null }),
        ["events: its member true"] = Claim("events", "events", new Dictionary<string, object?> { [PretendProvider.LogoutEvent] = true }),
        ["events: its member text"] = Claim("events", "events", new Dictionary<string, object?> { [PretendProvider.LogoutEvent] = "{}" }),
        ["events: its member a list"] = Claim("events", "events", new Dictionary<string, object?> { [PretendProvider.LogoutEvent] = Array.Empty<int>() }),

        ["nonce: some"] = Claim("nonce", "nonce", "n"),
        ["nonce: nothing"] = Claim("nonce", "nonce", null),

        ["who: neither sub nor sid"] = new("sub", world => Form(world, ("sub", Missing), ("sid", Missing))),
        ["who: an empty sub"] = Claim("sub", "sub", ""),
        ["who: a sub that is a number"] = Claim("sub", "sub", 7),
        ["who: a sub that is nothing"] = Claim("sub", "sub", null),
        ["who: a sub that no store keeps"] = Claim("sub", "sub", "alice\0"),
        ["who: an empty sid"] = Claim("sid", "sid", ""),
        ["who: a sid that is a list"] = new("sid", world => Form(world, "sid", new[] { world.Provider.Grant.ProviderSid })),
        ["who: a sid that is nothing"] = Claim("sid", "sid", null),

        ["twins: in the header"] = Text("duplicate", world => Raw(world, header => "{\"alg\":\"RS256\"," + header[1..], payload => payload)),
        ["twins: in the claims"] = Text("duplicate", world => Raw(world, header => header, payload => "{\"sub\":\"bob\"," + payload[1..])),
        ["twins: in the events"] = Text(
            "duplicate", world => Raw(
                world, header => header, payload => payload.Replace(":{}", $":{{}},\"{PretendProvider.LogoutEvent}\":{{}}", StringComparison.Ordinal))),

        ["text: no token"] = Text("unreadable", _ => "abc"),
        ["text: two parts"] = Text("unreadable", world => Right(world)[..Right(world).LastIndexOf('.')]),
        ["text: four parts"] = Text("unreadable", world => Right(world) + ".x"),
        ["text: claims that are no JSON"] = Text("unreadable", world => Raw(world, header => header, payload => payload[..^1])),
        ["text: claims that are a list"] = Text("unreadable", world => Raw(world, header => header, payload => $"[{payload}]")),
        ["text: a header that is text"] = Text("unreadable", world => Raw(world, _ => "\"RS256\"", payload => payload)),
        ["text: encrypted to nobody here"] = Text("encryption", _ => "e30.e30.e30.e30.e30"),
        ["text: the user's own ID token"] = Text(
            "jti", world => world.Provider.Secrets.First(secret => secret.Kind == "ID token").Value),
    };

    public static string Right(World world) => world.Provider.LogoutToken(Claims(world));

    private static Dictionary<string, object?> Claims(World world) => world.Provider.LogoutClaims("alice", world.Provider.Grant.ProviderSid);

    private static string Other(World world) => world.Provider.LogoutToken("bob", "another");

    private static string Mixed(string one, string other) => one[..one.LastIndexOf('.')] + other[other.LastIndexOf('.')..];

    private static double At(World world, double minutes) => world.Clock.Now.AddMinutes(minutes).ToUnixTimeSeconds();

    private static WrongLogoutToken Text(string word, Func<World, string> token) => new(word, world => BackChannelCalls.Form(token(world)));

    private static WrongLogoutToken Claim(string word, string name, object? value) => new(word, world => Form(world, name, value));

    private static HttpContent Form(World world, string name, object? value) => Form(world, (name, value));

    private static HttpContent Form(World world, params (string Name, object? Value)[] changes)
    {
        var claims = Claims(world);
        foreach (var (name, value) in changes) { Set(claims, name, value); }
        return BackChannelCalls.Form(world.Provider.LogoutToken(claims));
    }

    private static WrongLogoutToken Header(string word, string name, object? value) =>
        Text(word, world => world.Provider.LogoutToken(Claims(world), header => Set(header, name, value)));

    private static void Set(IDictionary<string, object?> members, string name, object? value)
    {
        if (value == Missing) { members.Remove(name); }
        else { members[name] = value; }
    }

    private static string Raw(World world, Func<string, string> header, Func<string, string> payload)
    {
        var key = world.Provider.Key;
        return Jwt.SignRaw(
            header($$"""{"alg":"RS256","typ":"logout+jwt","kid":"{{key.Kid}}"}"""), payload(JsonSerializer.Serialize(Claims(world))), key);
    }

    private static ByteArrayContent Typed(string? type, string body)
    {
        var content = new ByteArrayContent(Encoding.ASCII.GetBytes(body));
        if (type is not null) { content.Headers.ContentType = new MediaTypeHeaderValue(type); }
        return content;
    }

    private sealed class Chunked : StringContent
    {
        public Chunked(string body) : base(body, Encoding.ASCII, "application/x-www-form-urlencoded")
        {
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
