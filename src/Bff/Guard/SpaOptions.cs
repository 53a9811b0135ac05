using System.ComponentModel.DataAnnotations;
using Bff.Configuration;

namespace Bff.Guard;

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
        "Content-Disposition", "ETag", "Link", "Location", "Retry-After", "WWW-Authenticate", "X-Total-Count", "traceparent",
        "RateLimit", "RateLimit-Policy", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "X-RateLimit-Limit", "X-RateLimit-Remaining",
        "X-RateLimit-Reset",
    ];

    public string[] EffectiveExposedHeaders => ExposedHeaders.Length == 0 ? UsuallyExposed : [.. ExposedHeaders.Where(name => name.Length > 0)];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        for (var i = 0; i < Origins.Length; i++)
        {
            if (!IsOrigin(Origins[i]))
            {
                yield return new($"'{Origins[i]}' is not an origin: write scheme://host[:port], without path or trailing slash.", [$"{nameof(Origins)}:{i}"]);
            }
        }

        foreach (var (index, name) in ExposedHeaders.Index()
            .Where(entry => entry.Item.Any(c => !char.IsAsciiLetterOrDigit(c) && !"!#$%&'*+-.^_`|~".Contains(c))))
        {
            yield return new("is not the name of a header.", [$"{nameof(ExposedHeaders)}:{index}"]);
        }

        if (Url is not null && !(Uri.TryCreate(Url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
        {
            yield return new($"'{Url}' is not an address: write http://host[:port] or https://….", [nameof(Url)]);
        }

        if (SilentPage is not null && !Origins.Any(origin => SilentPage.StartsWith(origin + "/", StringComparison.Ordinal)))
        {
            yield return new("must be a page under one of Bff:Spa:Origins.", [nameof(SilentPage)]);
        }
    }

    private static bool IsOrigin(string value) =>
        Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
        && string.Equals(uri.GetLeftPart(UriPartial.Authority), value, StringComparison.Ordinal) && uri.UserInfo.Length == 0;
}
