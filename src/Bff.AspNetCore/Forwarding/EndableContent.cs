using System.Net;

namespace Bff.Forwarding;

/// <summary>An upstream's response that can be ended from here as if it had ended there.</summary>
internal sealed class EndableContent(HttpContent inner, LongCall call) : HttpContent
{
    protected override async Task<Stream> CreateContentReadStreamAsync() => new EndableStream(await inner.ReadAsStreamAsync(), call);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => inner.CopyToAsync(stream, context);

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) { inner.Dispose(); }
        base.Dispose(disposing);
    }
}
