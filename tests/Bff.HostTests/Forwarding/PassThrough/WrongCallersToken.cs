using System.Text;
using static Bff.HostTests.Forwarding.PassThrough.CallersWorld;

namespace Bff.HostTests.Forwarding.PassThrough;

/// <summary>Calls with a token that is wrong in one way, by what is wrong with it.</summary>
/// <param name="Status">Of the response.</param>
/// <param name="Challenge">How its first <c>WWW-Authenticate</c> begins.</param>
/// <param name="Error">The word in it; null for none.</param>
/// <param name="Send">The call.</param>
internal sealed record WrongCallersToken(int Status, string Challenge, string? Error, Func<CallersWorld, Task<RawCall>> Send)
{
    public static readonly IReadOnlyDictionary<string, WrongCallersToken> All = new Dictionary<string, WrongCallersToken>
    {
        ["none"] = new(401, "Bearer", null, world => world.GetAsync(Target)),
        ["none, but a session cookie"] = new(401, "Bearer", null, world => world.GetAsync(Target, "Cookie: " + Cookie)),
        ["scheme: Basic"] = new(401, "Bearer", null, world => world.GetAsync(Target, "Authorization: Basic YWxpY2U6c2VjcmV0")),
        ["request: two headers"] = Request(world => world.GetAsync(Target, Bearer(world.Token()), Bearer(world.Token()))),
        ["request: a session cookie beside it"] = Request(world => world.GetAsync(Target, Bearer(world.Token()), "Cookie: theme=dark; " + Cookie)),
        ["request: in the query of a route for pages, too"] = Request(world => world.GetAsync($"/both/echo?access_token={world.Token()}")),
        ["request: in the query"] = Request(world => world.GetAsync($"{Target}?access_token={world.Token()}")),
        ["request: in the query, too"] = Request(world => world.GetAsync($"{Target}?access_token={world.Token()}", Bearer(world.Token()))),

        ["form: nothing after the scheme"] = Text(_ => ""),
        ["form: no JWT"] = Text(_ => "an-opaque-token"),
        ["form: encrypted"] = Text(world => world.Token() + ".more.parts"),
        ["form: 20 KB"] = Text(world => world.Token(claims => claims["more"] = new string('x', 20_000))),
        ["form: other characters"] = Text(world => world.Token() + "\u00e9"),
        ["form: two in one header"] = Text(world => $"{world.Token()}, Bearer {world.Token()}"),
        ["form: a claim twice"] = Text(world => Jwt.SignRaw(
            $$"""{"alg":"RS256","typ":"at+jwt","kid":"{{world.World.Provider.Key.Kid}}"}""",
            $$"""{"iss":"{{world.World.Provider.Issuer}}","sub":"script","aud":"other","aud":"orders","scope":"orders.read","exp":9999999999}""",
            world.World.Provider.Key)),
        ["form: a token in a token"] = Text(
            world => Jwt.SignRaw("""{"alg":"RS256","typ":"at+jwt","cty":"JWT"}""", $"\"{world.Token()}\"", world.World.Provider.Key)),
        ["form: a list"] = Text(world => Jwt.SignRaw("""{"alg":"RS256","typ":"at+jwt"}""", "[]", world.World.Provider.Key)),
        ["form: lists a hundred deep"] = Text(world => Jwt.SignRaw(
            """{"alg":"RS256","typ":"at+jwt"}""", $$"""{"more":{{new string('[', 100)}}{{new string(']', 100)}}}""", world.World.Provider.Key)),
        ["form: crit"] = Text(
            world => Jwt.Sign(world.Claims(), world.World.Provider.Key, header => (header["typ"], header["crit"]) = ("at+jwt", new[] { "x" }))),

        ["signature: of another key under the kid of the right one"] =
            Text(world => world.Token(key: SigningKey.Number(2) with { Kid = world.World.Provider.Key.Kid })),
        ["signature: cut"] = Text(world => world.Token()[..^8]),
        ["signature: none"] = Text(world => world.Token()[..(world.Token().LastIndexOf('.') + 1)]),
        ["signature: unknown kid"] = Text(world => world.Token(key: SigningKey.Number(2) with { Kid = Guid.NewGuid().ToString() })),
        ["signature: no kid, another key"] = Text(world => world.Token(key: SigningKey.Number(2) with { Kid = null })),
        ["alg: none"] = Text(world => Jwt.Unsigned(world.Claims())),
        ["alg: HS256 with the public key"] =
            Text(world => Jwt.SignWithSecret(world.Claims(), world.World.Provider.Key.Rsa.ExportSubjectPublicKeyInfoPem())),
        ["alg: HS256 with the client's secret"] = Text(world => Jwt.SignWithSecret(world.Claims(), PretendProvider.ClientSecret)),

        ["alg: nOnE"] = Header("alg", "nOnE"),
        ["alg: rs256"] = Header("alg", "rs256"),
        ["alg: a list"] = Header("alg", new[] { "RS256" }),
        ["key: of its own, in the header"] = Text(world => Jwt.Sign(world.Claims(), SigningKey.Number(2) with { Kid = null }, header =>
            (header["typ"], header["jwk"], header["jku"]) = ("at+jwt", SigningKey.Number(2).Public(), "https://evil.example/keys"))),
        ["key: named by a path"] = Text(world => world.Token(key: SigningKey.Number(2) with { Kid = "../../dev/null" })),
        ["key: named by a number"] = Header("kid", 1),
        ["typ: a number"] = Header("typ", 1),

        ["iss: another"] = Claim("iss", "https://login.example"),
        ["iss: none"] = Claim("iss", null),
        ["iss: with a slash"] = Text(world => world.Token(claims => claims["iss"] += "/")),
        ["iss: a list"] = Text(world => world.Token(claims => claims["iss"] = new[] { claims["iss"] })),
        ["iss: a number"] = Claim("iss", 1),
        ["aud: none"] = Claim("aud", null),
        ["aud: another"] = Claim("aud", "invoices"),
        ["aud: two in one text"] = Claim("aud", $"invoices {Audience}"),
        ["aud: a number"] = Claim("aud", 1),
        ["aud: a list in a list"] = Claim("aud", new[] { new[] { Audience } }),
        ["aud: an object"] = Claim("aud", new Dictionary<string, bool> { [Audience] = true }),
        ["aud: others"] = Claim("aud", new[] { "invoices", "order", "Orders" }),
        ["exp: over"] = Text(world => world.Token(claims => claims["exp"] = world.World.Clock.Now.AddMinutes(-3).ToUnixTimeSeconds())),
        ["exp: none"] = Claim("exp", null),
        ["exp: a word"] = Claim("exp", "never"),
        ["exp: a truth"] = Claim("exp", true),
        ["exp: a list"] = Claim("exp", new[] { 9999999999 }),
        ["exp: below zero"] = Claim("exp", -1),
        ["exp: null"] = Exp("null"),
        ["exp: more than a number holds"] = Exp("1e400"),
        ["nbf: a word"] = Claim("nbf", "now"),
        ["nbf: in an hour"] = Text(world => world.Token(claims => claims["nbf"] = world.World.Clock.Now.AddHours(1).ToUnixTimeSeconds())),

        ["kind: an ID token"] = Text(world => world.Token(claims => claims["nonce"] = "n", type: "JWT")),
        ["kind: an ID token of a renewal, for our client"] =
            Text(world => world.Token(claims => claims["aud"] = new[] { Audience, PretendProvider.ClientId }, type: "JWT")),
        ["kind: nothing says that it is an access token"] = Text(world => world.Token(
            claims =>
            {
                claims.Remove("scope");
                claims.Remove("client_id");
            }, type: null)),
        ["kind: an ID token of Keycloak's"] = Text(world => world.Token(claims => claims["typ"] = "ID", type: "JWT")),
        ["kind: a logout token"] = Text(world => world.Token(type: "logout+jwt")),

        ["scope: none"] = NotEnough("scope", null),
        ["scope: others"] = NotEnough("scope", "orders orders.read.all read"),

        ["scope: null"] = new(403, "Bearer", "insufficient_scope", world => world.GetAsync(Target, Bearer(Jwt.SignRaw(
            """{"alg":"RS256","typ":"at+jwt"}""",
            $$"""{"iss":"{{world.World.Provider.Issuer}}","sub":"script","aud":"{{Audience}}","scope":null,"exp":9999999999}""", world.World.Provider.Key)))),

        ["bound: to a word"] = Claim("cnf", "key"),
        ["bound: to a certificate"] = Claim("cnf", new Dictionary<string, string> { ["x5t#S256"] = "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0" }),
        ["bound: to what nobody knows"] = Claim("cnf", new Dictionary<string, string> { ["jkt"] = "x", ["kid"] = "y" }),
        ["bound: sent as Bearer"] = Text(world => world.BoundToken()),
        ["bound: not, and sent as DPoP"] = new(401, "DPoP", "invalid_token", world =>
        {
            var token = world.Token();
            return world.GetAsync(Target, Bound(token), Shown(world.Proof(token)));
        }),
        ["bound: to another key"] = new(401, "DPoP", "invalid_token", world =>
        {
            var token = world.BoundToken(toAnother: true);
            return world.GetAsync(Target, Bound(token), Shown(world.Proof(token)));
        }),
        ["proof: none"] = new(401, "DPoP", "invalid_dpop_proof", world => world.GetAsync(Target, Bound(world.BoundToken()))),
        ["proof: two"] = Proofs((world, token) => [world.Proof(token), world.Proof(token)]),
        ["proof: for another address"] = Proof(claims => claims["htu"] = "http://localhost:1/machines/echo"),
        ["proof: for another path"] = Proof(claims => claims["htu"] = $"{claims["htu"]}/more"),
        ["proof: for another method"] = Proof(claims => claims["htm"] = "POST"),
        ["proof: for another token"] = Proofs((world, _) => [world.Proof(world.BoundToken())]),
        ["proof: for no token"] = Proof(claims => claims.Remove("ath")),
        ["proof: of an hour ago"] = Proof(claims => claims["iat"] = (long)claims["iat"]! - 3600),
        ["proof: of the next hour"] = Proof(claims => claims["iat"] = (long)claims["iat"]! + 3600),
        ["proof: without iat"] = Proof(claims => claims.Remove("iat")),
        ["proof: without jti"] = Proof(claims => claims.Remove("jti")),
        ["proof: of another type"] = Proof(header: (_, header) => header["typ"] = "JWT"),
        ["proof: with a private key"] = Proof(header: (world, header) => header["jwk"] = world.PrivateMembers()),
        ["proof: signed with another key"] = Proof(header: (world, header) => header["jwk"] = world.OtherMembers()),
        ["proof: without a key"] = Proof(header: (_, header) => header.Remove("jwk")),
        ["proof: alg none"] = Proof(header: (_, header) => header["alg"] = "none"),
        ["proof: 5 KB"] = Proof(claims => claims["more"] = new string('x', 5000)),
        ["proof: rubbish"] = Proofs((_, _) => [Convert.ToBase64String(Encoding.ASCII.GetBytes("rubbish"))]),
        ["proof: used before"] = new(401, "DPoP", "invalid_dpop_proof", async world =>
        {
            var token = world.BoundToken();
            var proof = world.Proof(token);
            (await world.GetAsync(Target, Bound(token), Shown(proof))).Status.ShouldBe(200);
            return await world.GetAsync(Target, Bound(token), Shown(proof));
        }),
    };

    private static readonly string Cookie = $"{Browser.SessionCookie}=whatever";

    private static WrongCallersToken Request(Func<CallersWorld, Task<RawCall>> send) => new(400, "Bearer", "invalid_request", send);

    private static WrongCallersToken Text(Func<CallersWorld, string> token) =>
        new(401, "Bearer", "invalid_token", world => world.GetAsync(Target, Bearer(token(world))));

    private static WrongCallersToken Claim(string name, object? value) => Text(world => world.Token(Set(name, value)));

    private static WrongCallersToken Header(string name, object value) =>
        Text(world => Jwt.Sign(world.Claims(), world.World.Provider.Key, header => (header["typ"], header[name]) = ("at+jwt", value)));

    /// <summary>As JSON, whatever it is.</summary>
    private static WrongCallersToken Exp(string value) => Text(world => Jwt.SignRaw(
        """{"alg":"RS256","typ":"at+jwt"}""",
        $$"""{"iss":"{{world.World.Provider.Issuer}}","sub":"script","aud":"{{Audience}}","scope":"{{Scope}}","exp":{{value}}}""", world.World.Provider.Key));

    private static WrongCallersToken NotEnough(string name, object? value) =>
        new(403, "Bearer", "insufficient_scope", world => world.GetAsync(Target, Bearer(world.Token(Set(name, value)))));

    private static WrongCallersToken Proofs(Func<CallersWorld, string, string[]> proofs) => new(401, "DPoP", "invalid_dpop_proof", world =>
    {
        var token = world.BoundToken();
        return world.GetAsync(Target, [Bound(token), .. proofs(world, token).Select(Shown)]);
    });

    private static WrongCallersToken Proof(
        Action<Dictionary<string, object?>>? claims = null, Action<CallersWorld, Dictionary<string, object?>>? header = null) =>
        Proofs((world, token) => [world.Proof(token, claims, header is null ? null : head => header(world, head))]);

    private static Action<Dictionary<string, object?>> Set(string name, object? value) => claims =>
    {
        if (value is null) { claims.Remove(name); }
        else { claims[name] = value; }
    };
}
