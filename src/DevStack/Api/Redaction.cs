using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace DevStack.Api;

/// <summary>The echo ends in a browser, and no credential may be readable there.</summary>
internal static class Redaction
{
    private const int FingerprintLength = 12;

    public static string Show(string header, StringValues values) => header switch
    {
        _ when Is(header, HeaderNames.Authorization) || Is(header, HeaderNames.ProxyAuthorization) =>
            string.Join(", ", values.Select(value => Credential(value ?? ""))),
        _ when Is(header, HeaderNames.Cookie) => string.Join("; ", values.SelectMany(value => CookieNames(value ?? ""))),
        _ => values.ToString(),
    };

    private static string Credential(string value)
    {
        var space = value.IndexOf(' ', StringComparison.Ordinal);
        var (scheme, secret) = space < 0 ? ("", value) : (value[..space] + " ", value[(space + 1)..]);
        var fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)))[..FingerprintLength];
        return $"{scheme}[redacted, {secret.Length} characters, sha256 {fingerprint}]";
    }

    private static IEnumerable<string> CookieNames(string value) =>
        value.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(cookie => cookie.Split('=')[0] + "=[redacted]");

    private static bool Is(string header, string name) => string.Equals(header, name, StringComparison.OrdinalIgnoreCase);
}
