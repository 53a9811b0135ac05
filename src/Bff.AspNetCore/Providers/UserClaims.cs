using System.Security.Claims;
using System.Text;
using System.Text.Json;

namespace Bff.Providers;

/// <summary>
/// The claims of a session: those of the ID token, what userinfo adds, the name as <c>name</c> and the roles as <c>role</c> wherever the provider has them; of
/// these what the operator wants kept, and no more than a session can hold.
/// </summary>
internal sealed partial class UserClaims(ClientRegistration registration, ILogger<UserClaims> logger)
{
    private const string Name = OidcOptions.DefaultNameClaim, Role = OidcOptions.DefaultRoleClaim;

    public const int MaxClaims = 500;

    /// <summary>Of one claim, in bytes.</summary>
    public const int MaxValueBytes = 8 * 1024;

    /// <summary>Of all claims' types and values, in bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    private const int MaxNamed = 10;

    /// <summary>Always kept, in the order of what is left out last.</summary>
    private static readonly string[] First = ["sub", "sid", "auth_time", TenantIssuers.Claim, Name, Role];

    /// <summary>The ID token says what its user is called.</summary>
    public bool HasName(JsonElement idToken) => ClaimPath.Texts(ClaimPath.Find(idToken, registration.Options.NameClaim)).Any();

    /// <param name="idToken">The payload of a validated ID token.</param>
    /// <param name="userInfo">Of the same user; null when nobody was asked.</param>
    public IReadOnlyList<Claim> Of(JsonElement idToken, JsonElement? userInfo = null)
    {
        var options = registration.Options;
        var claims = IdTokenClaims.Read(idToken).Concat(userInfo is { } info ? IdTokenClaims.ReadUserInfo(info, idToken) : []).ToList();
        Take(claims, Name, options.NameClaim, idToken, userInfo, ClaimPath.Texts, isFallback: true);
        Take(claims, Role, options.RoleClaim, idToken, userInfo, ClaimPath.Roles, isFallback: false);
        if (options.Claims.Length > 0)
        {
            claims.RemoveAll(claim => !First.Contains(claim.Type) && !options.Claims.Contains(claim.Type, StringComparer.Ordinal));
        }

        return Cut(claims);
    }

    /// <summary>Puts what a path leads to in place of the claims of a type.</summary>
    /// <param name="claims">Those read so far.</param>
    /// <param name="type">What the claims are called here.</param>
    /// <param name="path">Where the provider has them.</param>
    /// <param name="idToken">Is asked first.</param>
    /// <param name="userInfo">Is asked where the ID token has none.</param>
    /// <param name="read">What is in it.</param>
    /// <param name="isFallback">Claims of this type stay when the path leads nowhere.</param>
    private static void Take(
        List<Claim> claims, string type, string path, JsonElement idToken, JsonElement? userInfo, Func<JsonElement?, IEnumerable<string>> read, bool isFallback)
    {
        var (found, origin) = (ClaimPath.Find(idToken, path), ClaimsIdentity.DefaultIssuer);
        if (found is null && userInfo is { } info) { (found, origin) = (ClaimPath.Find(info, path), ClaimOrigin.UserInfo); }
        if (path == type && found is not { ValueKind: JsonValueKind.Object }) { return; }
        var values = read(found).ToList();
        if (values.Count == 0 && isFallback) { return; }
        claims.RemoveAll(claim => claim.Type == type);
        claims.AddRange(values.Select(value => new Claim(type, value, ClaimValueTypes.String, origin)));
    }

    private List<Claim> Cut(List<Claim> claims)
    {
        var (left, room, cut) = (MaxClaims, MaxBytes, new HashSet<Claim>(ReferenceEqualityComparer.Instance));
        foreach (var claim in claims.OrderBy(Rank))
        {
            var size = Encoding.UTF8.GetByteCount(claim.Value);
            var whole = size + Encoding.UTF8.GetByteCount(claim.Type);
            if (size > MaxValueBytes || whole > room || left == 0) { cut.Add(claim); }
            else { (left, room) = (left - 1, room - whole); }
        }

        if (cut.Count == 0) { return claims; }
        var types = cut.Select(claim => claim.Type).Distinct().ToList();
        var more = types.Count > MaxNamed ? $" and {types.Count - MaxNamed} others" : "";
        LeftOut(cut.Count, string.Join(", ", types.Take(MaxNamed).Select(Printable.Word)) + more, registration.Section);
        return [.. claims.Where(claim => !cut.Contains(claim))];
    }

    private static int Rank(Claim claim) => Array.IndexOf(First, claim.Type) is >= 0 and var at ? at : First.Length;

    [LoggerMessage(LogLevel.Warning,
        "{Count} claims of a user were left out, since there are too many or they are too long: {Types}. Have the provider send fewer, or list those to keep in "
        + "{Section}:Claims.")]
    private partial void LeftOut(int count, string types, string section);
}
