using System.Buffers;
using System.ComponentModel.DataAnnotations;

namespace Bff.Forwarding.Identity;

/// <summary>
/// Headers that say to an API who calls (<c>Bff:IdentityHeaders</c>), on routes with <c>Bff.IdentityHeaders</c>. What a caller sends under these names, in
/// whatever spelling, reaches no API on any route.
/// </summary>
internal sealed class IdentityHeaderOptions : IValidatableObject
{
    /// <summary>Of the name of a header, in characters.</summary>
    public const int MaxName = 64;

    /// <summary>The header with the user; empty for none. Default: <c>X-Forwarded-User</c>.</summary>
    public string User { get; set; } = "X-Forwarded-User";

    /// <summary>The claim it has. Default: <c>sub</c>, which stays the same when a user is given another name.</summary>
    public string UserClaim { get; set; } = "sub";

    /// <summary>
    /// The header with the provider whose user it is, by its name below <c>Bff:Providers</c>; <c>default</c> is that of <c>Bff:Oidc</c>. A <c>sub</c> is one
    /// provider's (OpenID Connect Core 1.0 section 2): another may give the same to somebody else. Empty for none. Default: <c>X-Forwarded-Provider</c>.
    /// </summary>
    public string Provider { get; set; } = "X-Forwarded-Provider";

    /// <summary>The header with the user's e-mail address; empty for none. Default: <c>X-Forwarded-Email</c>.</summary>
    public string Email { get; set; } = "X-Forwarded-Email";

    /// <summary>The claim it has. Default: <c>email</c>.</summary>
    public string EmailClaim { get; set; } = "email";

    /// <summary>The header with the user's groups, separated by commas; empty for none. Default: <c>X-Forwarded-Groups</c>.</summary>
    public string Groups { get; set; } = "X-Forwarded-Groups";

    /// <summary>The claim it has, such as <c>role</c>. Default: <c>groups</c>.</summary>
    public string GroupsClaim { get; set; } = "groups";

    /// <summary>The header with a signed assertion of who calls, on routes with <c>Bff.Assertion</c>. Default: <c>X-Forwarded-Assertion</c>.</summary>
    public string Assertion { get; set; } = "X-Forwarded-Assertion";

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>What means something else to somebody on the way.</summary>
    private static readonly HashSet<string> Taken = new(StringComparer.OrdinalIgnoreCase)
    {
        "Authorization", "Proxy-Authorization", "DPoP", "Cookie", "Forwarded", "X-Forwarded", "Proxy", "Host", "Connection", "Proxy-Connection", "Keep-Alive",
        "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Expect", "Origin", "Referer", "Range", "User-Agent", "Via", "Pragma", "Cache-Control", "Prefer",
        "Last-Event-ID", "traceparent", "tracestate", "Date", "From", "Allow", "Expires", "Last-Modified",
        "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix",
        "X-Forwarded-Port", "X-Forwarded-Server", "X-Content-Length", "X-CSRF",
    };

    private static readonly string[] TakenBeginnings = ["Content-", "Accept", "If-", "Sec-", "Access-Control-"];

    public IEnumerable<string> Names => new[] { User, Provider, Email, Groups, Assertion }.Where(name => name.Length > 0);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Assertion.Length == 0) { yield return new("is empty: write the name of a header.", [nameof(Assertion)]); }
        (string Key, string Name)[] headers =
        [
            (nameof(User), User), (nameof(Provider), Provider), (nameof(Email), Email), (nameof(Groups), Groups), (nameof(Assertion), Assertion),
        ];
        foreach (var (key, name) in headers)
        {
            if (name.Length == 0) { continue; }
            if (name.Length > MaxName || name.AsSpan().ContainsAnyExcept(NameCharacters))
            {
                yield return new($"must be a header's name of letters, digits and '-', {MaxName} characters at most: servers take '_' and '.' for '-'.", [key]);
            }
            else if (Taken.Contains(name) || Array.Exists(TakenBeginnings, start => name.StartsWith(start, StringComparison.OrdinalIgnoreCase)))
            {
                yield return new($"must not be {name}, which means something else.", [key]);
            }
            else if (Names.Count(other => other.Equals(name, StringComparison.OrdinalIgnoreCase)) > 1)
            {
                yield return new("is the name of two headers. Give each its own.", [key]);
            }
        }

        foreach (var (key, claim) in new[] { (nameof(UserClaim), UserClaim), (nameof(EmailClaim), EmailClaim), (nameof(GroupsClaim), GroupsClaim) })
        {
            if (string.IsNullOrWhiteSpace(claim)) { yield return new("is empty: write the name of a claim.", [key]); }
        }
    }
}
