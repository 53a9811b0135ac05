using System.ComponentModel.DataAnnotations;
using Bff.Configuration;

namespace Bff.FrontEnds;

/// <summary>The front ends that may call Bff (<c>Bff:Spa</c>).</summary>
internal sealed class SpaOptions : IValidatableObject
{
    /// <summary>Exact origins (scheme, host, port) of front ends: CORS allows them, and return URLs may lead there. The first is the default.</summary>
    public string[] Origins { get; set; } = [];

    /// <summary>Address of the server that has the front end's files, if Bff serves them: page and API then share one origin. Default: none.</summary>
    [NeedsRestart]
    public string? Url { get; set; }

    /// <summary>Where a silent sign-in ends. Default: <c>/silent</c> at the first origin.</summary>
    public string? SilentPage { get; set; }

    /// <summary>
    /// Response headers that a front end on an origin of its own may read (<c>Access-Control-Expose-Headers</c>, Fetch Standard); an empty first entry: none.
    /// Default: those of downloads, paging, caching, tracing and rate limits.
    /// </summary>
    public string[] ExposedHeaders { get; set; } = [];

    private static readonly string[] UsuallyExposed =
    [
        "Accept-Ranges", "Content-Disposition", "Content-Range", "ETag", "Link", "Location", "Retry-After", "WWW-Authenticate", "X-Total-Count", "traceparent",
        "RateLimit", "RateLimit-Policy", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "X-RateLimit-Limit", "X-RateLimit-Remaining",
        "X-RateLimit-Reset",
    ];

    public string[] EffectiveExposedHeaders => ExposedHeaders.Length == 0 ? UsuallyExposed : [.. ExposedHeaders.Where(name => name.Length > 0)];

    /// <summary>
    /// The provider users sign in at, by its name; or several, separated by spaces, of which the page chooses one by <c>/bff/login?provider=</c>. The first is
    /// the one where nothing is said. Default: that of <c>Bff:Oidc</c>, or the first by name of <c>Bff:Providers</c>.
    /// </summary>
    public string? Provider { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        Mistakes(Origins, ExposedHeaders, Url, SilentPage, "Bff:Spa:Origins");

    /// <summary>What is wrong with where pages are, in this section or in that of a further front end.</summary>
    public static IEnumerable<ValidationResult> Mistakes(string[] origins, string[] exposedHeaders, string? url, string? silentPage, string originsKey)
    {
        foreach (var (index, origin) in origins.Index())
        {
            if (WebOrigin.Objection(origin) is { } objection) { yield return new(objection, [$"{nameof(Origins)}:{index}"]); }
        }

        foreach (var (index, name) in exposedHeaders.Index()
            .Where(entry => entry.Item.Any(c => !char.IsAsciiLetterOrDigit(c) && !"!#$%&'*+-.^_`|~".Contains(c))))
        {
            yield return new("is not the name of a header.", [$"{nameof(ExposedHeaders)}:{index}"]);
        }

        if (url is not null && !(Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
        {
            yield return new($"'{url}' is not an address: write http://host[:port] or https://….", [nameof(Url)]);
        }

        if (silentPage is not null && !origins.Any(origin => silentPage.StartsWith(origin + "/", StringComparison.Ordinal)))
        {
            yield return new($"must be a page under one of {originsKey}.", [nameof(SilentPage)]);
        }
    }
}
