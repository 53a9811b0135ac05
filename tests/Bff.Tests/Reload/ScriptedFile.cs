using System.Text;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Primitives;

namespace Bff.Tests.Reload;

/// <summary>A file that shows something else at each reading, as one that is being written may.</summary>
internal sealed class ScriptedFile(string name, params string?[] readings) : IFileProvider
{
    private int _looks;

    public string Name => name;

    /// <summary>How often its bytes were asked for.</summary>
    public int Reads { get; private set; }

    public IFileInfo GetFileInfo(string subpath) => readings[Math.Min(_looks++, readings.Length - 1)] is { } content ? new Reading(this, content) : new NotFoundFileInfo(subpath);

    public IDirectoryContents GetDirectoryContents(string subpath) => NotFoundDirectoryContents.Singleton;

    public IChangeToken Watch(string filter) => NullChangeToken.Singleton;

    private sealed class Reading(ScriptedFile file, string content) : IFileInfo
    {
        public bool Exists => true;

        public long Length => Encoding.UTF8.GetByteCount(content);

        public string? PhysicalPath => null;

        public string Name => file.Name;

        public DateTimeOffset LastModified => default;

        public bool IsDirectory => false;

        public Stream CreateReadStream()
        {
            file.Reads++;
            return new MemoryStream(Encoding.UTF8.GetBytes(content));
        }
    }
}
