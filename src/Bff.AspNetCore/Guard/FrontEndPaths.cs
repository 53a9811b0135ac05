using Bff.FrontEnds;

namespace Bff.Guard;

/// <summary>A front end's path must leave Bff's own paths alone: those of the front end without a name, and those below another front end's path.</summary>
internal static class FrontEndPaths
{
    public static IEnumerable<string> Mistakes(IConfiguration configuration)
    {
        var sections = configuration.GetSection(FrontEnd.NamedSection).GetChildren().ToList();
        List<PathString> all = [PathString.Empty, .. sections.Select(PathOf)];
        var ours = PublicAddress.Parse(configuration["Bff:PublicUrl"])?.PathBase ?? PathString.Empty;
        foreach (var section in sections)
        {
            var (path, key) = (PathOf(section), $"{section.Path}:{nameof(FrontEndOptions.PathBase)}");
            if (!path.HasValue) { continue; }
            if (all.Exists(other => path.StartsWithSegments(other, out var rest) && OwnPaths.Has(rest)))
            {
                yield return $"{key}: must not be {path}, since {string.Join(", ", OwnPaths.Roots)} are paths of Bff itself, at each front end.";
            }

            if (ours.HasValue && path.StartsWithSegments(ours) && !section.GetSection(nameof(FrontEndOptions.Hosts)).GetChildren().Any())
            {
                yield return $"{key}: leave out {ours}, which Bff:PublicUrl has already; it is put before this path.";
            }
        }
    }

    private static PathString PathOf(IConfigurationSection section) =>
        FrontEndAddress.ParsePath(section[nameof(FrontEndOptions.PathBase)]) ?? PathString.Empty;
}
