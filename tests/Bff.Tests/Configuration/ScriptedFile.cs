using System.Text;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Primitives;

namespace Bff.Tests.Configuration;

/// <summary>A file that shows something else at each reading, as one that is being written may.</summary>
internal sealed class ScriptedFile(string name, params string?[] readings) : IFileProvider, IDisposable
{
    private int _looks;
    private int _reads;
    private CancellationTokenSource _changed = new();

    public string Name => name;

    /// <summary>How often its bytes were asked for.</summary>
    public int Reads => Volatile.Read(ref _reads);

    public IFileInfo GetFileInfo(string subpath) =>
        readings[Math.Min(Interlocked.Increment(ref _looks), readings.Length) - 1] is { } content ? new Reading(this, content) : new NotFoundFileInfo(subpath);

    public IDirectoryContents GetDirectoryContents(string subpath) => NotFoundDirectoryContents.Singleton;

    public IChangeToken Watch(string filter) => new CancellationChangeToken(_changed.Token);

    /// <summary>Lets whoever watches the file read it.</summary>
    public void Change()
    {
        try
        {
            Interlocked.Exchange(ref _changed, new CancellationTokenSource()).Cancel();
        }
        catch (AggregateException)
        {
            // What it read was broken; on a real watcher's thread nobody would see that.
        }
    }

    public void Dispose() => _changed.Dispose();

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
            Interlocked.Increment(ref file._reads);
            return new MemoryStream(Encoding.UTF8.GetBytes(content));
        }
    }
}
