using System.Data.Common;
using System.Text.RegularExpressions;
using Bff.Configuration.Kestrel;

namespace Bff.Configuration;

/// <summary>
/// Decides what of a setting may be printed: what is known to be harmless, and nothing else. A value counts as harmless when the schema reads it as a number, a
/// switch, a time or one of a few words, and when it is one; text, when its key is listed here.
/// </summary>
internal sealed partial class SecretMask(SettingsSchema schema)
{
    /// <summary>A value as short as this is replaced only in a message about its own key: it may be any word.</summary>
    private const int Short = 8;

    private const int VeryShort = 4;

    /// <summary>The longest word of a choice, and a little more.</summary>
    private const int LongWord = 20;

    private const int MaxMessage = 2000;

    private static readonly HashSet<string> Addresses = Names(
        "Authority", "MetadataAddress", "Url", "PublicUrl", "SilentPage", "Origins", "FormPostOrigins", "Address", "Health",
        "authorization_endpoint", "end_session_endpoint", "jwks_uri", "pushed_authorization_request_endpoint", "revocation_endpoint", "token_endpoint",
        "userinfo_endpoint");

    private static readonly HashSet<string> Files = Names("ClientCertificateAuthority", "KeyCertificate");

    /// <summary>First ours, then YARP's, then Kestrel's.</summary>
    private static readonly HashSet<string> Words = Names(
        "ClientId", "Scope", "Audience", "AudienceParameter", "AllowedLoginParameters", "Store", "CookieName",
        "ClientKeyId", "ClientKeyAlgorithm", "Issuer",
        "NameClaim", "RoleClaim", "Claims", "TrustedAudiences", "IssuerTemplate", "Tenants", "SigningAlgorithms",
        "TrustedProxies", "ExposedHeaders", "AllowedRequestHeaders", "PathBase", "Provider", "ClusterId",
        "RouteId", "AuthorizationPolicy", "RateLimiterPolicy", "OutputCachePolicy", "TimeoutPolicy", "CorsPolicy", "Methods", "Hosts", "Host", "Name",
        "LoadBalancingPolicy", "AvailableDestinationsPolicy", "FailurePolicy", "Policy", "AffinityKeyName", "Domain", "RequestHeaderEncoding",
        "ResponseHeaderEncoding", "Subject", "Location", "Preset", "ResponseMode", "ReturnParameter", "ClearSiteData");

    /// <summary>Sections of ours whose every text is the name of something.</summary>
    private static readonly string[] SectionsOfWords = ["Bff:Policies:", "Bff:PassThrough:", "Bff:IdentityHeaders:"];

    /// <summary>Transforms of YARP whose value is the name of something. What they set may be an API's key.</summary>
    private static readonly HashSet<string> Transforms = Names(
        "RequestHeader", "RequestHeaderRemove", "RequestHeadersCopy", "RequestHeaderOriginalHost", "RequestHeadersAllowed", "ResponseHeader",
        "ResponseHeaderRemove", "ResponseHeadersCopy", "ResponseHeadersAllowed", "ResponseTrailer", "ResponseTrailerRemove", "ResponseTrailersCopy",
        "ResponseTrailersAllowed", "QueryValueParameter", "QueryRouteParameter", "QueryRemoveParameter", "HttpMethodChange", "When", "X-Forwarded", "For",
        "Proto", "Prefix", "Forwarded", "ForFormat", "ByFormat", "ClientCert");

    private static readonly HashSet<string> Connection = Names(
        "Host", "Server", "Port", "Database", "Initial Catalog", "Username", "User Name", "User ID", "UserID", "User", "UID", "Data Source", "DataSource",
        "Filename", "Mode", "Cache", "Pooling", "Foreign Keys", "Recursive Triggers", "Default Timeout", "SSL Mode", "SslMode", "SSL Negotiation",
        "Root Certificate", "Timeout", "Command Timeout", "Keepalive", "Application Name", "Minimum Pool Size", "Maximum Pool Size",
        "Connection Idle Lifetime", "Connection Lifetime", "Search Path", "Target Session Attributes", "Multiplexing", "No Reset On Close",
        "Include Error Detail");

    public string Show(string key, string value)
    {
        if (schema.TypeOf(key) is not { } type) { return Printable.Mask; }
        if (type == typeof(Uri)) { return Printable.Address(value); }
        if (type == typeof(TimeSpan) && Durations.LacksUnit(value)) { return value; }
        if (type != typeof(string)) { return SettingValue.CanRead(value, type) || IsMiswritten(value, type) ? Printable.Text(value) : Printable.Mask; }

        var segments = key.Split(':');
        var name = int.TryParse(segments[^1], out _) ? segments[^2] : segments[^1];
        if (Has(segments, "Metadata")) { return name.StartsWith("Bff.", StringComparison.OrdinalIgnoreCase) ? Printable.Text(value) : Printable.Mask; }
        if (Has(segments, "Transforms")) { return Transforms.Contains(name) ? Printable.Text(value) : Printable.Mask; }
        if (name.Equals("ConnectionString", StringComparison.OrdinalIgnoreCase)) { return ShowConnection(value); }
        if (Addresses.Contains(name)) { return Printable.Address(value); }
        if (Files.Contains(name) || name.EndsWith("File", StringComparison.OrdinalIgnoreCase)) { return Printable.Path(value); }
        if (name.EndsWith("Path", StringComparison.OrdinalIgnoreCase))
        {
            if (segments[0].Equals(KestrelSettings.Section, StringComparison.OrdinalIgnoreCase)) { return Printable.Path(value); }
            return value.Split('?', 2) is [var path, _] ? $"{Printable.Text(path)}?{Printable.Mask}" : Printable.Text(value);
        }

        if (Array.Exists(SectionsOfWords, section => key.StartsWith(section, StringComparison.OrdinalIgnoreCase))) { return Printable.Text(value); }
        return Words.Contains(name) ? Printable.Text(value) : Printable.Mask;
    }

    /// <summary>Takes out of a message, whoever wrote it, what must not be printed of the values it quotes.</summary>
    public string Scrub(string message, IReadOnlyDictionary<string, string?> values)
    {
        foreach (var (key, value) in values.OrderByDescending(pair => pair.Value?.Length ?? 0))
        {
            if (string.IsNullOrEmpty(value) || !message.Contains(value, StringComparison.Ordinal)) { continue; }
            var (prefix, shown) = (key + ":", Show(key, value));
            var isAboutIt = message.StartsWith(prefix, StringComparison.OrdinalIgnoreCase);
            if (shown == value || shown == Printable.Text(value) || (value.Length < Short && !isAboutIt)) { continue; }
            var start = isAboutIt ? prefix.Length : 0;
            message = message[..start] + Replace(message[start..], value, shown);
        }

        return Printable.Text(message, MaxMessage);
    }

    /// <summary>A short value may be a part of any word, and a very short one any word: it is replaced where it stands alone, or in quotes.</summary>
    private static string Replace(string message, string value, string shown)
    {
        if (value.Length >= Short) { return message.Replace(value, shown, StringComparison.Ordinal); }
        var (escaped, quotes) = (Regex.Escape(value), "['\"`‘’“”]");
        var alone = value.Length < VeryShort ? $"(?<={quotes}){escaped}(?={quotes})" : $@"(?<![\p{{L}}\p{{N}}]){escaped}(?![\p{{L}}\p{{N}}])";
        return Regex.Replace(message, alone, shown.Replace("$", "$$", StringComparison.Ordinal), RegexOptions.CultureInvariant);
    }

    /// <summary>What was meant for a choice, and a number with too much at it. A secret that has come here by mistake looks otherwise, or is shorter than any.</summary>
    private static bool IsMiswritten(string value, Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(bool) || type.IsEnum ? value.Length <= LongWord && value.All(char.IsAsciiLetter) : Amount().IsMatch(value);
    }

    [GeneratedRegex(@"^-?[0-9][0-9.,:_]{0,4} ?[A-Za-z]{0,7}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Amount();

    public static string ShowConnection(string value)
    {
        try
        {
            var connection = new DbConnectionStringBuilder { ConnectionString = value };
            foreach (var part in connection.Keys.Cast<string>().Where(part => !Connection.Contains(part)).ToList()) { connection[part] = Printable.Mask; }
            return Printable.Text(connection.ConnectionString);
        }
        catch (ArgumentException)
        {
            return Printable.Mask;
        }
    }

    private static bool Has(string[] segments, string name) => segments.Contains(name, StringComparer.OrdinalIgnoreCase);

    private static HashSet<string> Names(params string[] names) => new(names, StringComparer.OrdinalIgnoreCase);
}
