using System.Security.Cryptography;
using System.Text;

namespace DevStack.Api;

/// <summary>A request body of any size: its length and hash, and how it begins.</summary>
internal sealed record EchoBody(long Length, string Sha256, string Text)
{
    private const int Shown = 4_096;

    public static async Task<EchoBody> ReadAsync(Stream body, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var beginning = new MemoryStream();
        var buffer = new byte[16_384];
        var length = 0L;
        int read;
        while ((read = await body.ReadAsync(buffer, cancellationToken)) > 0)
        {
            length += read;
            hash.AppendData(buffer, 0, read);
            beginning.Write(buffer, 0, (int)Math.Min(read, Shown - beginning.Length));
        }

        return new EchoBody(length, Convert.ToHexStringLower(hash.GetHashAndReset()), Encoding.UTF8.GetString(beginning.ToArray()));
    }
}
