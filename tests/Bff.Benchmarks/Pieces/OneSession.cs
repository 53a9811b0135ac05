using Bff.Faults;
using Bff.Sessions;
using Microsoft.AspNetCore.Http;

namespace Bff.Benchmarks.Pieces;

/// <summary>A SQLite file with one session, what a Bff on it is told, and a browser's call of the API in that session.</summary>
internal sealed class OneSession : IDisposable
{
    public const string Upstream = "http://127.0.0.1:1";

    /// <summary>With it, a bearer token makes a header of 900 bytes.</summary>
    public static readonly string Token = new('t', 890);

    private static readonly TimeSpan Life = TimeSpan.FromHours(12);

    private readonly string _folder;
    private readonly string _key;

    private OneSession(string folder, string key, Dictionary<string, string?> settings) => (_folder, _key, Settings) = (folder, key, settings);

    /// <summary>A route with policy and token, and no provider.</summary>
    public Dictionary<string, string?> Settings { get; }

    public static async Task<OneSession> MakeAsync()
    {
        var folder = Directory.CreateTempSubdirectory("bff-pieces-").FullName;
        var store = new Store("SQLite", SessionsOptions.Sqlite, "Data Source=" + Path.Combine(folder, "bff.db"));
        var now = TimeProvider.System.GetUtcNow();
        await using var stock = new SessionStock(store);
        var session = SessionStock.Plan(1, _ => (now + Life, now + Life))[0];
        await stock.FillAsync([session], _ => new(Token, null, null, null, now, now + Life));
        return new OneSession(folder, session.Key, new()
        {
            ["Bff:Oidc:Authority"] = Upstream,
            ["Bff:Oidc:ClientId"] = "bff",
            ["Bff:Oidc:ClientSecret"] = "not-used-by-anybody-here",
            ["Bff:Oidc:RequireHttps"] = "false",
            ["Bff:Sessions:Store"] = store.Kind,
            ["Bff:Sessions:ConnectionString"] = store.ConnectionString,
            ["ReverseProxy:Clusters:api:Destinations:one:Address"] = Upstream,
            ["ReverseProxy:Routes:api:ClusterId"] = "api",
            ["ReverseProxy:Routes:api:Match:Path"] = "/api/{**rest}",
            ["ReverseProxy:Routes:api:AuthorizationPolicy"] = "default",
            ["ReverseProxy:Routes:api:Metadata:Bff.Token"] = "User",
        });
    }

    /// <summary>A browser's headers of a call, but for <c>Host</c>.</summary>
    public void AddHeaders(IHeaderDictionary headers)
    {
        headers.UserAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        headers.Accept = "application/json";
        headers.AcceptLanguage = "en-US,en;q=0.5";
        headers.AcceptEncoding = "gzip, deflate, br";
        headers["Sec-Fetch-Dest"] = "empty";
        headers["Sec-Fetch-Mode"] = "cors";
        headers["Sec-Fetch-Site"] = "same-origin";
        headers["X-CSRF"] = "1";
        headers.Referer = "http://127.0.0.1:3001/";
        headers.Cookie = "__Host-bff=" + _key;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
