using System.ComponentModel.DataAnnotations;

namespace Bff.FrontEnds;

/// <summary>
/// A further front end (<c>Bff:FrontEnds:&lt;name&gt;</c>), with a cookie and sessions of its own; <c>Bff:Spa</c> and <c>Bff:Sessions</c> are the one called
/// <c>default</c>. It may come, change and go while Bff runs.
/// </summary>
internal sealed class FrontEndOptions : IValidatableObject
{
    /// <summary>
    /// Host names (<c>host[:port]</c>) by which browsers reach Bff for this front end. Empty: those of <c>Bff:PublicUrl</c>, told apart by
    /// <see cref="PathBase"/>.
    /// </summary>
    public string[] Hosts { get; set; } = [];

    /// <summary>The path below which Bff is published for this front end, such as <c>/shop</c>. Default: none.</summary>
    public string? PathBase { get; set; }

    /// <summary>
    /// The provider its users sign in at, by its name; or several, separated by spaces, of which the page chooses one by <c>/bff/login?provider=</c>. The first
    /// is the one where nothing is said. Default: that of <c>Bff:Oidc</c>, or the first by name of <c>Bff:Providers</c>.
    /// </summary>
    public string? Provider { get; set; }

    /// <summary>Exact origins (scheme, host, port) of its pages: CORS allows them, and return URLs may lead there. The first is the default.</summary>
    public string[] Origins { get; set; } = [];

    /// <summary>Address of the server that has its files, if Bff serves them: page and API then share one origin. Default: none.</summary>
    public string? Url { get; set; }

    /// <summary>Where a silent sign-in ends. Default: <c>/silent</c> at the first origin.</summary>
    public string? SilentPage { get; set; }

    /// <summary>Response headers that its pages may read (<c>Access-Control-Expose-Headers</c>). Default: those of <c>Bff:Spa:ExposedHeaders</c>.</summary>
    public string[] ExposedHeaders { get; set; } = [];

    /// <summary>Its session cookie.</summary>
    public FrontEndCookieOptions Cookie { get; set; } = new();

    /// <summary>A session ends this long after its last use. Default: <c>Bff:Sessions:IdleTimeout</c>; 1 minute to 30 days.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00", ErrorMessage = "must be between 00:01:00 and 30.00:00:00 (d.hh:mm:ss).")]
    public TimeSpan? IdleTimeout { get; set; }

    /// <summary>A session ends this long after its sign-in. Default: <c>Bff:Sessions:AbsoluteTimeout</c>; 1 minute to 90 days.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "90.00:00:00", ErrorMessage = "must be between 00:01:00 and 90.00:00:00 (d.hh:mm:ss).")]
    public TimeSpan? AbsoluteTimeout { get; set; }

    /// <summary>Scopes to request for its users, separated by spaces. Default: the provider's.</summary>
    public string? Scope { get; set; }

    /// <summary>The API its access tokens are for. Default: the provider's.</summary>
    public string? Audience { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Hosts.Length == 0 && string.IsNullOrEmpty(PathBase))
        {
            yield return new("or PathBase is required: nothing else says which requests are this front end's.", [nameof(Hosts)]);
        }

        foreach (var (index, host) in Hosts.Index().Where(entry => FrontEndAddress.ParseHost(entry.Item) is null))
        {
            yield return new($"'{host}' is not a host: write name[:port], without scheme, path or trailing dot.", [$"{nameof(Hosts)}:{index}"]);
        }

        if (!string.IsNullOrEmpty(PathBase) && FrontEndAddress.ParsePath(PathBase) is null)
        {
            yield return new("is not a path: write /name, of letters, digits, '-', '_', '.' and '~', without slash at the end.", [nameof(PathBase)]);
        }

        foreach (var mistake in SpaOptions.Mistakes(Origins, ExposedHeaders, Url, SilentPage, nameof(Origins))) { yield return mistake; }
        if (Scope is { Length: > 0 } && !Scope.Split(' ').Contains("openid")) { yield return new("must contain 'openid'.", [nameof(Scope)]); }
        if (Cookie.Name is { Length: > 0 } name && !FrontEnd.IsCookieName(name))
        {
            yield return new("must start with '__Host-' and go on with letters, digits, '-', '_' or '.'.", [$"{nameof(Cookie)}:{nameof(Cookie.Name)}"]);
        }

        if (Cookie.SameSite == SameSiteMode.Unspecified)
        {
            yield return new("must be 'Strict', 'Lax' or 'None'.", [$"{nameof(Cookie)}:{nameof(Cookie.SameSite)}"]);
        }

        if (IdleTimeout > AbsoluteTimeout) { yield return new("must not be longer than AbsoluteTimeout.", [nameof(IdleTimeout)]); }
    }
}
