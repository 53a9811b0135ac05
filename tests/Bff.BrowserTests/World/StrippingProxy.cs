using System.Diagnostics;

namespace Bff.BrowserTests.World;

/// <summary>Debian's nginx before Bff, which takes a path off and says so.</summary>
internal sealed class StrippingProxy : IAsyncDisposable
{
    private const string Program = "/usr/sbin/nginx";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("bff-nginx-");
    private readonly ProgramProcess _process;

    /// <param name="bff">What is behind it.</param>
    /// <param name="path">What it takes off.</param>
    public StrippingProxy(string bff, string path)
    {
        File.Exists(Program).ShouldBeTrue($"the browser tests need {Program}: apt-get install nginx-light");
        var port = FreePort.Find();
        Url = $"http://localhost:{port}";
        var behind = bff.Replace("localhost", "127.0.0.1", StringComparison.Ordinal);
        var headers = """
            proxy_http_version 1.1; proxy_buffering off; proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-Host $http_host;
            """;
        File.WriteAllText(Path.Combine(_folder.FullName, "nginx.conf"), $$"""
            daemon off; master_process off; pid nginx.pid; error_log stderr warn;
            events { }
            http {
              access_log off;
              client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
              server {
                listen 127.0.0.1:{{port}};
                location {{path}}/ { proxy_pass {{behind}}/; {{headers}}
                  proxy_set_header X-Forwarded-Prefix {{path}}; }
                location / { proxy_pass {{behind}}; {{headers}} }
              }
            }
            """);
        _process = new ProgramProcess(new ProcessStartInfo(Program, ["-p", _folder.FullName, "-c", "nginx.conf", "-e", "stderr"]));
    }

    public string Url { get; }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
