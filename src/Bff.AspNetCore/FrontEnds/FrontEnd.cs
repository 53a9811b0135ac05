using Bff.Configuration;
using Bff.Sessions;

namespace Bff.FrontEnds;

/// <summary>
/// One front end as it is configured now: where its pages are, how it is told from others, where its users sign in, and its cookie. A session belongs to one.
/// </summary>
internal sealed class FrontEnd
{
    public const string DefaultName = SettingsSection.Default;

    public const string DefaultSection = "Bff:Spa";

    public const string NamedSection = "Bff:FrontEnds";

    public required string Name { get; init; }

    public bool IsDefault => Name == DefaultName;

    /// <summary>Where the configuration has its origins, for messages.</summary>
    public string Section => IsDefault ? DefaultSection : $"{NamedSection}:{Name}";

    /// <summary>Empty: told by its path alone.</summary>
    public IReadOnlyList<HostString> Hosts { get; init; } = [];

    public PathString PathBase { get; init; }

    /// <summary>By name, at least one; the first is the one where nothing is said.</summary>
    public required IReadOnlyList<string> Providers { get; init; }

    public IReadOnlyList<string> Origins { get; init; } = [];

    public string? SilentPage { get; init; }

    public IReadOnlyList<string> ExposedHeaders { get; init; } = [];

    /// <summary>Where its files are, when Bff serves them.</summary>
    public string? Url { get; init; }

    public required string CookieName { get; init; }

    public SameSiteMode CookieSameSite { get; init; } = SameSiteMode.Strict;

    /// <summary>Without Secure, in Development.</summary>
    public bool IsCookieInsecure { get; init; }

    /// <summary>Kept until the session's absolute end.</summary>
    public bool IsCookiePersistent { get; init; }

    public TimeSpan IdleTimeout { get; init; }

    public TimeSpan AbsoluteTimeout { get; init; }

    /// <summary>Null for the provider's.</summary>
    public string? Scope { get; init; }

    /// <summary>Null for the provider's.</summary>
    public string? Audience { get; init; }

    public bool Allows(string origin) => Origins.Contains(origin, StringComparer.Ordinal);

    /// <summary>Its own, and of a provider its users may still sign in at.</summary>
    public bool Owns(Session session) => session.FrontEnd == Name && Providers.Contains(session.Provider, StringComparer.Ordinal);

    public static bool IsCookieName(string name) =>
        name.StartsWith(CookieNames.HostPrefix, StringComparison.Ordinal) && name.Length > CookieNames.HostPrefix.Length
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    public override string ToString() => Name;
}
