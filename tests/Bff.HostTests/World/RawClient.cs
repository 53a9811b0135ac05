using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Bff.HostTests;

/// <summary>Sends what no HTTP library would: a request as these very bytes, and reads the answer as bytes, too (Latin-1 both ways).</summary>
internal static class RawClient
{
    /// <param name="at">The proxy.</param>
    /// <param name="start">Request line and headers, a line each; <c>Host</c> and <c>Connection: close</c> are added.</param>
    /// <param name="body">What follows the head.</param>
    public static async Task<string> SendAsync(Uri at, IEnumerable<string> start, string body = "")
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, at.Port);
        await using var stream = client.GetStream();
        var lines = start.ToList();
        lines.Insert(1, $"Host: {at.Authority}");
        if (!lines.Exists(line => line.StartsWith("Connection:", StringComparison.OrdinalIgnoreCase))) { lines.Add("Connection: close"); }
        await stream.WriteAsync(Encoding.Latin1.GetBytes(string.Concat(lines.Select(line => line + "\r\n")) + "\r\n" + body));
        return await ReadToEndAsync(stream).WaitAsync(Eventually.Deadline, TimeProvider.System);
    }

    /// <summary>A call by the page's script in this browser.</summary>
    public static Task<string> ScriptAsync(Browser browser, Uri at, string requestLine, params string[] headers)
    {
        List<string> head = [requestLine, "X-CSRF: 1", "Origin: " + Browser.SpaOrigin, .. headers];
        if (browser.Cookies.HeaderFor("localhost") is { Length: > 0 } cookies) { head.Add("Cookie: " + cookies); }
        return SendAsync(at, head);
    }

    public static async Task<string> ReadHeadAsync(Stream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one) == 1) { head.Append((char)one[0]); }
        return head.ToString();
    }

    private static async Task<string> ReadToEndAsync(Stream stream)
    {
        var read = new MemoryStream();
        try
        {
            await stream.CopyToAsync(read);
        }
        catch (IOException)
        {
            // Reset after the answer, as a server does that has not read all.
        }

        return Encoding.Latin1.GetString(read.ToArray());
    }
}
