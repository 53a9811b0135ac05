using System.Security.Claims;
using System.Text.Json;
using Bff.Providers;
using Microsoft.Extensions.Logging;

namespace Bff.Tests.Providers;

/// <summary>What of an ID token and of userinfo becomes a session's claims.</summary>
public sealed class UserClaimsTests
{
    private readonly List<string> _warnings = [];

    [Fact]
    public void The_id_token_wins_and_userinfo_says_nothing_of_the_protocol() =>
        Read(
            """{"sub":"alice","email":"a@id","iss":"i","sid":"s"}""",
            """{"sub":"alice","email":"a@info","iss":"x","aud":"y","acr":"9","amr":["z"],"auth_time":1,"sid":"t","tid":"u","nonce":"n","phone":"1"}""")
        .ShouldBe(["sub=alice", "email=a@id", "sid=s", "phone=1"]);

    [Fact]
    public void A_claim_that_the_id_token_says_to_be_nothing_stays_nothing() =>
        Read("""{"sub":"alice","role":null,"groups":[]}""", """{"role":"admin","groups":["staff"]}""").ShouldBe(["sub=alice"]);

    [Fact]
    public void What_came_from_userinfo_is_known_as_such() =>
        Claims().Of(Json("""{"sub":"alice"}"""), Json("""{"name":"Alice"}""")).Where(claim => claim.Issuer == ClaimOrigin.UserInfo)
            .Select(claim => claim.Type).ShouldBe(["name"]);

    [Theory]
    [InlineData("""{"realm_access":{"roles":["a","b"]}}""", "realm_access.roles", "a b")]
    [InlineData("""{"resource_access":{"my.client":{"roles":["a"]}}}""", "resource_access.my.client.roles", "a")]
    [InlineData("""{"https://example.com/roles":["a"]}""", "https://example.com/roles", "a")]
    [InlineData("""{"realm_access.roles":["flat"],"realm_access":{"roles":["deep"]}}""", "realm_access.roles", "flat")]
    [InlineData("""{"groups":"one"}""", "groups", "one")]
    [InlineData("""{"groups":["a",null,{"b":1},["c"],"",7,true]}""", "groups", "a 7")]
    [InlineData("""{"role":"not this one"}""", "groups", "")]
    [InlineData("""{"role":"not this one","groups":[]}""", "groups", "")]
    [InlineData("""{"realm_access":"text"}""", "realm_access.roles", "")]
    [InlineData("""{"realm_access":[{"roles":["a"]}]}""", "realm_access.roles", "")]
    [InlineData("""{"role":["a","b"]}""", "role", "a b")]
    [InlineData("""{"urn:project:roles":{"admin":{"17":"acme.example"},"sales":{"17":"acme.example"}}}""", "urn:project:roles", "admin sales")]
    [InlineData("""{"app":{"roles":{"admin":true,"sales":false,"guest":null,"":{},"x":[]}}}""", "app.roles", "admin x")]
    [InlineData("""{"roles":{"admin":{},"sales":{},"admin":false,"sales":{}}}""", "roles", "sales")]
    [InlineData("""{"roles":{}}""", "roles", "")]
    [InlineData("""{"role":{"admin":{"17":"acme.example"}}}""", "role", "admin")]
    public void Roles_are_found_by_a_name_or_a_path_and_nowhere_else(string idToken, string path, string roles) =>
        string.Join(' ', Claims(options => options.RoleClaim = path).Of(Json(idToken)).Where(claim => claim.Type == "role").Select(claim => claim.Value))
            .ShouldBe(roles);

    [Theory]
    [InlineData("""{"name":"Alice","preferred_username":"alice@example"}""", "preferred_username", "alice@example")]
    [InlineData("""{"name":"Alice"}""", "preferred_username", "Alice")]
    [InlineData("""{"name":"Alice","preferred_username":""}""", "preferred_username", "Alice")]
    [InlineData("""{"profile":{"label":"A. Liddell"}}""", "profile.label", "A. Liddell")]
    [InlineData("""{"number":17}""", "number", "17")]
    public void The_name_is_found_by_a_name_or_a_path(string idToken, string path, string name) =>
        Claims(options => options.NameClaim = path).Of(Json(idToken)).Single(claim => claim.Type == "name").Value.ShouldBe(name);

    [Theory]
    [InlineData("""{"sub":"a","role":null}""", """{"role":{"admin":{}}}""", "role")]
    [InlineData("""{"sub":"a","groups":null}""", """{"groups":["admin"]}""", "groups")]
    [InlineData("""{"sub":"a","app":{"roles":null}}""", """{"app":{"roles":["admin"]}}""", "app.roles")]
    public void Roles_that_the_id_token_says_to_be_none_are_not_asked_of_userinfo(string idToken, string userInfo, string path) =>
        Read(idToken, userInfo, options => options.RoleClaim = path).ShouldNotContain("role=admin");

    [Fact]
    public void A_name_is_never_made_of_what_is_in_an_object() =>
        Read("""{"sub":"a","name":"Alice","nick":{"ally":{}}}""", null, options => options.NameClaim = "nick").ShouldContain("name=Alice");

    [Fact]
    public void Roles_in_an_object_of_userinfo_are_known_to_be_from_there() =>
        Claims(options => options.RoleClaim = "roles").Of(Json("""{"sub":"a"}"""), Json("""{"sub":"a","roles":{"admin":{}}}"""))
            .Single(claim => claim.Type == "role").Issuer.ShouldBe(ClaimOrigin.UserInfo);

    [Fact]
    public void Only_listed_claims_are_kept_and_those_a_session_needs() =>
        Read(
            """{"sub":"a","sid":"s","auth_time":1,"tid":"t","name":"n","groups":["g"],"email":"e","phone":"p"}""", null,
            options => (options.Claims, options.RoleClaim) = (["email"], "groups"))
        .ShouldBe(["sub=a", "sid=s", "auth_time=1", "tid=t", "name=n", "email=e", "role=g"]);

    [Fact]
    public void Too_many_claims_are_cut_and_the_log_names_their_types_only()
    {
        var groups = string.Join(',', Enumerable.Range(0, UserClaims.MaxClaims + 5).Select(i => $"\"group-{i}\""));
        var claims = Read($$"""{"groups":[{{groups}}],"role":"admin","name":"Alice","sub":"alice"}""");
        claims.Count.ShouldBe(UserClaims.MaxClaims);
        claims.ShouldContain("sub=alice");
        claims.ShouldContain("name=Alice");
        claims.ShouldContain("role=admin");
        var warning = _warnings.ShouldHaveSingleItem();
        warning.ShouldStartWith("8 claims of a user were left out");
        warning.ShouldContain(": groups.");
        warning.ShouldContain("Bff:Oidc:Claims");
        warning.ShouldNotContain("group-");
    }

    [Fact]
    public void A_claim_that_is_too_long_is_left_out_whole()
    {
        Read($$"""{"sub":"alice","photo":"{{new string('x', UserClaims.MaxValueBytes + 1)}}","last":"{{new string('x', UserClaims.MaxValueBytes)}}"}""")
            .Select(claim => claim[..4]).ShouldBe(["sub=", "last"]);
        _warnings.ShouldHaveSingleItem().ShouldContain("photo");
    }

    [Fact]
    public void All_claims_together_have_a_limit_in_bytes()
    {
        var members = string.Join(',', Enumerable.Range(0, 20).Select(i => $"\"c{i}\":\"{new string('é', 4000)}\""));
        var claims = Claims().Of(Json($$"""{ {{members}},"sub":"alice"}"""));
        claims.Count.ShouldBe(9);
        claims.Sum(claim => claim.Type.Length + (claim.Value.Length * 2)).ShouldBeLessThanOrEqualTo(UserClaims.MaxBytes);
        claims[^1].Type.ShouldBe("sub");
        _warnings.ShouldHaveSingleItem().ShouldContain("and 2 others");
    }

    [Theory]
    [InlineData("""{"name":"Alice"}""", true)]
    [InlineData("""{"name":""}""", false)]
    [InlineData("""{"name":null}""", false)]
    [InlineData("""{"name":{"first":"Alice"}}""", false)]
    [InlineData("""{"preferred_username":"alice"}""", false)]
    public void A_name_is_there_when_it_is_a_text(string idToken, bool isThere) => Claims().HasName(Json(idToken)).ShouldBe(isThere);

    private List<string> Read(string idToken, string? userInfo = null, Action<OidcOptions>? set = null) =>
        [.. Claims(set).Of(Json(idToken), userInfo is null ? null : Json(userInfo)).Select(claim => $"{claim.Type}={claim.Value}")];

    private UserClaims Claims(Action<OidcOptions>? set = null)
    {
        var options = new OidcOptions();
        set?.Invoke(options);
        return new(new ClientRegistration(ClientRegistration.DefaultName, FixedOptions.Of(options), null!), new Warnings(_warnings));
    }

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    private sealed class Warnings(List<string> lines) : ILogger<UserClaims>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Add(formatter(state, exception));
    }
}
