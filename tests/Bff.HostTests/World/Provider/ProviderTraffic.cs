using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace Bff.HostTests;

/// <summary>Counts a provider's requests by path.</summary>
internal sealed class ProviderTraffic
{
    private readonly ConcurrentDictionary<string, Path> _paths = new();

    /// <summary>Requests that arrived.</summary>
    public int Count(string path) => _paths.TryGetValue(path, out var found) ? found.Count : 0;

    /// <summary>The most that were under way at once.</summary>
    public int MostAtOnce(string path) => _paths.TryGetValue(path, out var found) ? found.MostAtOnce : 0;

    public async Task WatchAsync(HttpContext context, RequestDelegate next)
    {
        var path = _paths.GetOrAdd(context.Request.Path, _ => new Path());
        lock (path)
        {
            path.Count++;
            path.MostAtOnce = Math.Max(path.MostAtOnce, ++path.UnderWay);
        }

        try
        {
            await next(context);
        }
        finally
        {
            lock (path) { path.UnderWay--; }
        }
    }

    private sealed class Path
    {
        public int Count { get; set; }

        public int UnderWay { get; set; }

        public int MostAtOnce { get; set; }
    }
}
