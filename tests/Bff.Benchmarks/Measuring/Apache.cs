using System.Diagnostics;
using System.Net;
using Bff.Faults;
using Bff.HostTests;

namespace Bff.Benchmarks.Measuring;

/// <summary>
/// Debian's Apache with mod_auth_openidc, in its defaults where nothing else is said: a session in its shared memory, made by a sign-in at a provider of its
/// own, whose access token goes upstream as a bearer token.
/// </summary>
internal sealed class Apache : IAsyncDisposable
{
    private const string Program = "/usr/sbin/apache2", Modules = "/usr/lib/apache2/modules";

    private readonly string _folder = Directory.CreateTempSubdirectory("bff-apache-").FullName;
    private readonly int _port = FreePort.Find();
    private readonly PretendProvider _provider;
    private readonly Process _process;

    private Apache(PretendProvider provider, string upstream, bool http2)
    {
        _provider = provider;
        File.WriteAllText(Path.Combine(_folder, "apache.conf"), $"""
            ServerRoot {_folder}
            ServerName 127.0.0.1
            Listen 127.0.0.1:{_port}
            PidFile {_folder}/pid
            ErrorLog {Log}
            LogLevel warn
            {string.Concat(ModulesFor(http2).Select(module => $"LoadModule {module}_module {Modules}/mod_{module}.so\n"))}
            {(Environment.UserName == "root" ? "User www-data\nGroup www-data" : "")}
            {(http2 ? "Protocols h2c http/1.1" : "")}
            KeepAlive On
            MaxKeepAliveRequests 0
            KeepAliveTimeout 600
            ThreadsPerChild 64
            MaxRequestWorkers 256
            MaxSpareThreads 256
            OIDCProviderMetadataURL {provider.Issuer}/.well-known/openid-configuration
            OIDCProviderTokenEndpointAuth client_secret_post
            OIDCClientID {PretendProvider.ClientId}
            OIDCClientSecret {PretendProvider.ClientSecret}
            OIDCRedirectURI {Address}oidc-callback
            OIDCCryptoPassphrase {Guid.NewGuid()}
            OIDCPKCEMethod S256
            OIDCScope openid
            OIDCPassClaimsAs environment
            <Location />
              AuthType openid-connect
              Require valid-user
              ProxyPass {upstream}/
              RequestHeader set Authorization "Bearer %{"{"}OIDC_access_token{"}"}e"
              RequestHeader unset Cookie
            </Location>
            """);
        var start = new ProcessStartInfo(Program, ["-f", Path.Combine(_folder, "apache.conf"), "-D", "FOREGROUND"]) { WorkingDirectory = _folder };
        _process = Process.Start(start)!;
    }

    public static bool IsInstalled => File.Exists(Program) && File.Exists(Path.Combine(Modules, "mod_auth_openidc.so"));

    public int Id => _process.Id;

    /// <summary>With the cookie header of a session.</summary>
    public string CookieFile => Path.Combine(_folder, "cookies");

    public Uri Address => new($"http://127.0.0.1:{_port}/");

    private string Log => Path.Combine(_folder, "error.log");

    /// <param name="upstream">Where calls go.</param>
    /// <param name="token">The access token its provider gives.</param>
    /// <param name="http2">Spoken to it, by whoever knows.</param>
    public static async Task<Apache> StartAsync(string upstream, string token, bool http2)
    {
        var provider = await PretendProvider.StartAsync(TimeProvider.System);
        provider.Lifetime = TimeSpan.FromHours(12);
        provider.ShapeIdToken = claims => claims.Remove("at_hash");   // of the token it replaces
        provider.ShapeTokenAnswer = answer => answer["access_token"] = token;
        var apache = new Apache(provider, upstream, http2);
        try
        {
            await apache.SignInAsync();
            return apache;
        }
        catch
        {
            await apache.DisposeAsync();
            throw;
        }
    }

    private async Task SignInAsync()
    {
        var cookies = new CookieContainer();
        using var browser = new HttpClient(new SocketsHttpHandler { CookieContainer = cookies });
        browser.DefaultRequestHeaders.Add("Accept", "text/html");
        var page = new Uri(Address, "api/json");
        await Eventually.HappensAsync(async () =>
        {
            try
            {
                using var answer = await browser.GetAsync(page);
                return answer.IsSuccessStatusCode ? true : throw new InvalidOperationException(
                    $"The sign-in through Apache ended with {answer.StatusCode} at {answer.RequestMessage!.RequestUri}:\n{await File.ReadAllTextAsync(Log)}");
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
        await File.WriteAllTextAsync(CookieFile, cookies.GetCookieHeader(page) + "\n");
    }

    private static string[] ModulesFor(bool http2)
    {
        string[] usual = ["mpm_event", "authn_core", "authz_core", "authz_user", "headers", "proxy", "proxy_http", "auth_openidc"];
        return http2 ? [.. usual, "http2"] : usual;
    }

    public async ValueTask DisposeAsync()
    {
        Process.Start("kill", [$"{_process.Id}"]).WaitForExit();
        await _process.WaitForExitAsync();
        _process.Dispose();
        await _provider.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
