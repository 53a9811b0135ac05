using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Bff.HostTests;

/// <summary>A request written by hand, byte by byte, as no HTTP client would; the answer is whatever came before the connection ended.</summary>
/// <param name="Status">0 when the server closed without a word.</param>
internal sealed record RawCall(int Status, string Text)
{
    private static readonly byte[] Filler = Encoding.Latin1.GetBytes("a=" + new string('x', 64 * 1024 - 2));

    public string? Header(string name) => Text.Split("\r\n\r\n")[0].Split("\r\n").Skip(1)
        .Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase)).Select(line => line[(name.Length + 1)..].Trim()).FirstOrDefault();

    public bool Says(string code) => Text.Contains($"\"{code}\"", StringComparison.Ordinal);

    /// <param name="at">The port.</param>
    /// <param name="head">Request line and headers, without the empty line; each character is one byte.</param>
    /// <param name="body">How many bytes of a body follow, as long as the server takes them.</param>
    /// <param name="chunked">In pieces, without an end.</param>
    public static async Task<RawCall> SendAsync(Uri at, string head, long body = 0, bool chunked = false)
    {
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(IPAddress.Loopback, at.Port);
        await using var stream = client.GetStream();
        using var deadline = new CancellationTokenSource(Eventually.Deadline, TimeProvider.System);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token);
        await stream.WriteAsync(Encoding.Latin1.GetBytes(head + "\r\n\r\n"), deadline.Token);
        var sending = body == 0 ? Task.CompletedTask : FillAsync(stream, body, chunked, enough.Token);
        var text = new StringBuilder();
        try
        {
            await ReadAsync(stream, text, deadline.Token);
        }
        catch (IOException)
        {
            // Cut off; what came before counts.
        }

        await enough.CancelAsync();
        await sending;
        var line = text.ToString().Split("\r\n")[0].Split(' ');
        return new(line.Length > 1 ? int.Parse(line[1], CultureInfo.InvariantCulture) : 0, text.ToString());
    }

    public static Task<RawCall> GetAsync(Uri at, string path, string host, params string[] headers) =>
        SendAsync(at, string.Join("\r\n", [$"GET {path} HTTP/1.1", $"Host: {host}", "Connection: close", .. headers]));

    private static async Task ReadAsync(NetworkStream stream, StringBuilder text, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        while (await stream.ReadAsync(buffer, cancellationToken) is var read and > 0) { text.Append(Encoding.Latin1.GetString(buffer, 0, read)); }
    }

    private static async Task FillAsync(NetworkStream stream, long bytes, bool chunked, CancellationToken cancellationToken)
    {
        try
        {
            for (var sent = 0L; sent < bytes; sent += Filler.Length)
            {
                if (chunked) { await stream.WriteAsync(Encoding.ASCII.GetBytes($"{Filler.Length:x}\r\n"), cancellationToken); }
                await stream.WriteAsync(Filler.AsMemory(0, (int)Math.Min(Filler.Length, chunked ? Filler.Length : bytes - sent)), cancellationToken);
                if (chunked) { await stream.WriteAsync("\r\n"u8.ToArray(), cancellationToken); }
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // The server has heard enough.
        }
    }
}
