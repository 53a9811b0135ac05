using System.Text;

namespace Bff.Benchmarks.Load;

/// <summary>The calls of a page's script, as a browser writes them, ready to be sent.</summary>
internal sealed class Requests
{
    private static readonly (string Name, string Value)[] Browser =
    [
        ("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
        ("accept", "application/json"),
        ("accept-language", "en-US,en;q=0.5"),
        ("accept-encoding", "gzip, deflate, br"),
        ("sec-fetch-dest", "empty"),
        ("sec-fetch-mode", "cors"),
        ("sec-fetch-site", "same-origin"),
        ("x-csrf", "1"),
    ];

    private readonly LoadOrder _order;
    private readonly string[] _cookies;

    public Requests(LoadOrder order)
    {
        _order = order;
        _cookies = order.CookieFile is { } file ? [.. File.ReadLines(file).Take(order.Sessions)] : [];
        Body = Encoding.ASCII.GetBytes(order.BodyBytes > 0 ? $"{{\"text\":\"{new string('x', order.BodyBytes - 11)}\"}}" : "");
        Headers = [.. Common()];
    }

    public string Method => _order.Method;

    public string Path => _order.Path;

    public string Authority => $"127.0.0.1:{_order.Port}";

    public byte[] Body { get; }

    /// <summary>Of every request.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; }

    /// <summary>One for each session.</summary>
    public IReadOnlyList<string> Cookies => _cookies;

    public byte[][] ForHttp1() => [.. (_cookies is [] ? [""] : _cookies).Select(Http1)];

    private IEnumerable<(string Name, string Value)> Common()
    {
        foreach (var header in Browser) { yield return header; }
        foreach (var (name, value) in _order.Headers) { yield return (name, value); }
        yield return ("referer", $"http://{Authority}/");
        if (Body.Length == 0) { yield break; }
        yield return ("origin", $"http://{Authority}");
        yield return ("content-type", "application/json");
        yield return ("content-length", $"{Body.Length}");
    }

    private byte[] Http1(string cookie)
    {
        var text = new StringBuilder($"{_order.Method} {_order.Path} HTTP/1.1\r\nHost: {Authority}\r\n");
        foreach (var (name, value) in Headers) { text.Append(InTitleCase(name)).Append(": ").Append(value).Append("\r\n"); }
        if (cookie.Length > 0) { text.Append("Cookie: ").Append(cookie).Append("\r\n"); }
        return [.. Encoding.ASCII.GetBytes(text.Append("\r\n").ToString()), .. Body];
    }

    private static string InTitleCase(string name) =>
        name == "x-csrf" ? "X-CSRF" : string.Join('-', name.Split('-').Select(part => char.ToUpperInvariant(part[0]) + part[1..]));
}
