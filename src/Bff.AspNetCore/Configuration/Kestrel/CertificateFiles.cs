using System.Security.Cryptography;

namespace Bff.Configuration.Kestrel;

/// <summary>
/// The certificate and key files of Kestrel's configuration as they were at one moment: each is read once, and what was checked is what is shown to browsers.
/// </summary>
internal sealed class CertificateFiles(string contentRoot)
{
    private readonly Dictionary<string, byte[]> _content = [];

    /// <summary>Differs when any of the files does, whatever their times say: links and restored files keep old ones.</summary>
    public string Stamp =>
        string.Join(
            ';', _content.OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => $"{file.Key} {Convert.ToHexString(SHA256.HashData(file.Value))}"));

    /// <exception cref="IOException">It cannot be read; or one of the other exceptions of <see cref="File.ReadAllBytes"/>.</exception>
    public byte[] Read(string file)
    {
        var path = FullPath(file);
        if (!_content.TryGetValue(path, out var bytes)) { _content[path] = bytes = File.ReadAllBytes(path); }
        return bytes;
    }

    public string FullPath(string file) => Path.GetFullPath(file, contentRoot);
}
