using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Bff.HostTests;

namespace Bff.ClusterTests.Deploy;

/// <summary>
/// A proxy people put in front, with the configuration that its page in docs/deploy shows: the first block of it, with this machine's addresses.
/// </summary>
internal sealed class DocumentedProxy : IAsyncDisposable
{
    private readonly Process _process;
    private readonly List<string> _said = [];

    /// <param name="Name">Of the page and of the block's language.</param>
    /// <param name="Program">As Debian's package installs it.</param>
    /// <param name="Below">What the page says to write for a path: in place of the first, the second. Both stand on the page.</param>
    /// <param name="Command">Writes what the package brings around the page's file, and says how to start in the foreground.</param>
    private sealed record Kind(string Name, string Program, (string Root, string Path) Below, Func<string, Uri, string, IReadOnlyList<string>> Command);

    private static readonly Kind[] Kinds =
    [
        new("nginx", "/usr/sbin/nginx", ("location / {", "location /app/ {"), Nginx),
        new("haproxy", "/usr/sbin/haproxy", ("default_backend bff", "use_backend bff if { path /app } or { path_beg /app/ }"), HaProxy),
        new("apache", "/usr/sbin/apache2", ("ProxyPass / http://127.0.0.1:3001/", "ProxyPass /app/ http://127.0.0.1:3001/app/"), Apache),
        new("caddy", "/usr/bin/caddy", ("reverse_proxy 127.0.0.1:3001 {", "reverse_proxy /app/* 127.0.0.1:3001 {"), Caddy),
    ];

    public static IEnumerable<string> Names => Kinds.Select(kind => kind.Name);

    private DocumentedProxy(Process process)
    {
        _process = process;
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Everything it has printed.</summary>
    public string Said
    {
        get
        {
            lock (_said) { return string.Join('\n', _said); }
        }
    }

    /// <param name="name">Of the page.</param>
    /// <param name="folder">For its files: <c>app.crt</c>, <c>app.key</c> and both in <c>app.pem</c> are there.</param>
    /// <param name="at">Where browsers reach it; with a path, the page's words for one are used.</param>
    /// <param name="bff">Bff's public port.</param>
    /// <param name="ops">Bff's ops port.</param>
    public static async Task<DocumentedProxy> StartAsync(string name, string folder, Uri at, Uri bff, Uri ops)
    {
        var kind = Array.Find(Kinds, kind => kind.Name == name)!;
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "deploy", name + ".md"));
        var text = page.Split($"```{name}\n")[1].Split("```")[0];
        if (at.AbsolutePath != "/")
        {
            text.ShouldContain(kind.Below.Root);
            page.ShouldContain(kind.Below.Path.TrimEnd('{', ' '), Case.Sensitive, "the page says what to write for a path");
            text = text.Replace(kind.Below.Root, kind.Below.Path, StringComparison.Ordinal);
        }

        return await StartAsync(kind, folder, at, text.Replace(
            "127.0.0.1:3001", $"127.0.0.1:{bff.Port}", StringComparison.Ordinal).Replace("port 3002", $"port {ops.Port}", StringComparison.Ordinal)
            .Replace("/etc/ssl/", folder + "/", StringComparison.Ordinal).Replace("/etc/haproxy/", folder + "/", StringComparison.Ordinal), []);
    }

    /// <summary>With a configuration of deploy/gateways, in which this machine's addresses stand already.</summary>
    /// <param name="name">The proxy's.</param>
    /// <param name="folder">As above.</param>
    /// <param name="at">As above.</param>
    /// <param name="text">The configuration.</param>
    /// <param name="environment">Of the process.</param>
    public static Task<DocumentedProxy> StartAsync(string name, string folder, Uri at, string text, params (string Name, string Value)[] environment) =>
        StartAsync(Array.Find(Kinds, kind => kind.Name == name)!, folder, at, text, environment);

    private static async Task<DocumentedProxy> StartAsync(Kind kind, string folder, Uri at, string text, (string Name, string Value)[] environment)
    {
        File.Exists(kind.Program).ShouldBeTrue($"{kind.Program} is not installed; test.sh does it");
        var start =
            new ProcessStartInfo(kind.Program, kind.Command(folder, at, text)) { RedirectStandardError = true, RedirectStandardOutput = true,
                WorkingDirectory = folder };
        foreach (var (variable, value) in environment) { start.Environment[variable] = value; }
        (start.Environment["HOME"], start.Environment["XDG_DATA_HOME"], start.Environment["XDG_CONFIG_HOME"]) = (folder, folder, folder);
        var proxy = new DocumentedProxy(Process.Start(start)!);
        await Eventually.HappensAsync(() => proxy._process.HasExited || Listens(at.Port), kind.Name + " listens");
        proxy._process.HasExited.ShouldBeFalse(proxy.Said);
        return proxy;
    }

    private static string[] Nginx(string folder, Uri at, string text) => Written(folder,
        $$"""
        user root; daemon off; master_process off; pid nginx.pid; error_log stderr warn;
        events {}
        http {
          access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
          {{text.Replace("listen 443", $"listen 127.0.0.1:{at.Port}", StringComparison.Ordinal)
                .Replace("app.example.com", "localhost", StringComparison.Ordinal)}}
        }
        """,
        file => ["-p", folder, "-c", file, "-e", "stderr"]);

    private static string[] HaProxy(string folder, Uri at, string text) =>
        Written(folder, text.Replace("bind :443", $"bind 127.0.0.1:{at.Port}", StringComparison.Ordinal), file => ["-db", "-f", file]);

    private static string[] Apache(string folder, Uri at, string text)
    {
        string[] modules = ["mpm_event", "authz_core", "ssl", "headers", "proxy", "proxy_http", "http2"];
        return Written(folder,
            $"""
            ServerRoot {folder}
            DefaultRuntimeDir {folder}
            PidFile apache.pid
            ErrorLog /dev/stderr
            Listen 127.0.0.1:{at.Port}
            ServerName localhost
            {string.Join('\n', modules.Select(module => $"LoadModule {module}_module /usr/lib/apache2/modules/mod_{module}.so"))}
            User www-data
            Group www-data
            {text.Replace("*:443", $"127.0.0.1:{at.Port}", StringComparison.Ordinal).Replace("app.example.com", "localhost", StringComparison.Ordinal)}
            """,
            file => ["-f", file, "-DFOREGROUND"]);
    }

    private static string[] Caddy(string folder, Uri at, string text) => Written(folder,
        "{\n\tadmin off\n\tauto_https off\n}\n" + text.Replace(
            "app.example.com {", $"https://localhost:{at.Port} {{\n\ttls {folder}/app.crt {folder}/app.key", StringComparison.Ordinal),
        file => ["run", "--adapter", "caddyfile", "--config", file]);

    private static string[] Written(string folder, string text, Func<string, string[]> arguments)
    {
        var file = Path.Combine(folder, "proxy.conf");
        File.WriteAllText(file, text);
        return arguments(file);
    }

    private static bool Listens(int port)
    {
        try
        {
            using var client = new TcpClient();
            client.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void Keep(string? line)
    {
        if (line is null) { return; }
        lock (_said) { _said.Add(line); }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
