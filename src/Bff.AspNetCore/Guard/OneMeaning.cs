using System.Buffers;

namespace Bff.Guard;

/// <summary>
/// Refuses a path that others read as another one. Routes and their policies go by the path as it came; an upstream may take several slashes for one (nginx), a
/// backslash for a slash (IIS), take parameters off a segment (Tomcat), and climb by the dots that are left. Where such a reading climbs, or leads to other
/// endpoints here, the request would pass one route's guard and arrive at the address of another.
/// </summary>
internal sealed class OneMeaning(RequestDelegate next, Refusals refusals)
{
    public static readonly Problem Ambiguous = new(
        StatusCodes.Status400BadRequest, "ambiguous_path", "This path can be read in more than one way.",
        "Write single slashes, no backslash and no dot segment.");

    private static readonly SearchValues<string> Odd = SearchValues.Create(["//", "\\", ";", "/."], StringComparison.Ordinal);

    private static readonly Func<string, string>[] Readings = [path => path.Replace('\\', '/'), WithoutParameters, RoutesOfPath.MergeSlashes];

    public Task InvokeAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "";
        return path.AsSpan().ContainsAny(Odd) && IsAmbiguous(context, path) ? refusals.RefuseAsync(context, Ambiguous) : next(context);
    }

    private static bool IsAmbiguous(HttpContext context, string path)
    {
        // The server has resolved dots already, but not those of a target in absolute form, nor those that only another reading shows.
        if (WithoutParameters(path.Replace('\\', '/')).Split('/').Any(segment => segment is "." or "..")) { return true; }
        var routes = RoutesOfPath.Find(context, path);
        return Enumerable.Range(1, (1 << Readings.Length) - 1).Select(choice => Read(path, choice)).Distinct()
            .Any(reading => reading != path && !RoutesOfPath.Find(context, reading).SetEquals(routes));
    }

    /// <param name="path">As it came.</param>
    /// <param name="choice">A bit for each of <see cref="Readings"/>: a server may do any of them.</param>
    private static string Read(string path, int choice)
    {
        for (var i = 0; i < Readings.Length; i++)
        {
            if ((choice & (1 << i)) != 0) { path = Readings[i](path); }
        }

        return path;
    }

    private static string WithoutParameters(string path) => string.Join('/', path.Split('/').Select(segment => segment.Split(';', 2)[0]));
}
