using System.Diagnostics;

namespace Bff.Faults;

/// <summary>Debian's nginx in front of several nodes, as docs/deploy/nginx.md has it but for TLS.</summary>
internal sealed class Nginx : IAsyncDisposable
{
    public const string Program = "/usr/sbin/nginx";

    private readonly string _folder = Directory.CreateTempSubdirectory("bff-nginx-").FullName;
    private readonly Process _process;

    /// <param name="nodes">What is behind it.</param>
    /// <param name="http2">Spoken to it, by whoever knows (without TLS there is no asking).</param>
    /// <param name="more">Directives of the location.</param>
    public Nginx(IEnumerable<Uri> nodes, bool http2 = false, string more = "")
    {
        var port = FreePort.Find();
        Address = new Uri($"http://127.0.0.1:{port}");
        File.WriteAllText(Path.Combine(_folder, "nginx.conf"), $$"""
            daemon off; worker_processes 2; pid nginx.pid; error_log {{Log}} warn;
            {{(Environment.UserName == "root" ? "user root;" : "")}}
            events { worker_connections 2048; }
            http {
              access_log off;
              client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
              keepalive_requests 1000000000;
              upstream bff {
                {{string.Concat(nodes.Select(node => $"server {node.Authority};\n    "))}}
                keepalive 32;
                keepalive_timeout 60s;
              }
              server {
                listen 127.0.0.1:{{port}}{{(http2 ? " http2" : "")}};
                location / {
                  proxy_pass http://bff;
                  proxy_http_version 1.1;
                  proxy_set_header Connection "";
                  proxy_set_header Host $http_host;
                  proxy_next_upstream error timeout;
                  {{more}}
                }
              }
            }
            """);
        _process = Process.Start(new ProcessStartInfo(Program, ["-p", _folder, "-c", "nginx.conf", "-e", Log]))!;
    }

    public Uri Address { get; }

    public int Id => _process.Id;

    private string Log => Path.Combine(_folder, "error.log");

    /// <summary>What it complained of, but for a node that refuses connections while it is down.</summary>
    public IEnumerable<string> Complaints =>
        File.ReadLines(Log).Where(
            line => !line.Contains("Connection refused", StringComparison.Ordinal) && !line.Contains("while connecting to upstream", StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        Process.Start("kill", [$"{_process.Id}"]).WaitForExit();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
