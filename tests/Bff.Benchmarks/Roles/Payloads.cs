using System.Text;

namespace Bff.Benchmarks.Roles;

/// <summary>What the upstream answers, by the last word of the path.</summary>
internal static class Payloads
{
    public const string Empty = "empty", Json = "json", Kilobyte = "1kb", HundredKilobytes = "100kb";

    private static readonly byte[] JsonText = """
        {"id":4711,"name":"Ada Lovelace","email":"ada@example.org","roles":["reader","writer"],"active":true,"balance":12.50}
        """u8.ToArray();

    private static readonly byte[] KilobyteText = Filled(1024), HundredKilobytesText = Filled(100 * 1024);

    public static byte[] Of(ReadOnlySpan<char> path) => path[(path.LastIndexOf('/') + 1)..] switch
    {
        Json => JsonText,
        Kilobyte => KilobyteText,
        HundredKilobytes => HundredKilobytesText,
        _ => [],
    };

    private static byte[] Filled(int size) => Encoding.ASCII.GetBytes($"{{\"text\":\"{new string('x', size - 11)}\"}}");
}
