namespace Bff.Configuration;

/// <summary>An origin (RFC 6454 section 6.2) as settings have it.</summary>
internal static class WebOrigin
{
    /// <summary>Null when it is one; else what a message says after the setting's name.</summary>
    public static string? Objection(string value)
    {
        if (!Uri.TryCreate(value, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.UserInfo.Length > 0
            || !string.Equals(uri.GetLeftPart(UriPartial.Authority), value, StringComparison.Ordinal))
        {
            return $"'{value}' is not an origin: write scheme://host[:port], without path or trailing slash.";
        }

        return uri.Host.All(char.IsAscii) ? null : $"'{value}' never comes from a browser: write its host as {uri.IdnHost}.";
    }
}
