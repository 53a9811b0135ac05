using System.Net;

namespace Bff.Forwarding;

/// <summary>A body that can be read once, and whether that has begun: an upstream may refuse a request by its head.</summary>
internal sealed class UnsentBody : HttpContent
{
    private readonly HttpContent _body;
    private volatile bool _isSent;

    public UnsentBody(HttpContent body)
    {
        _body = body;
        foreach (var (name, values) in body.Headers.NonValidated) { Headers.TryAddWithoutValidation(name, values); }
    }

    public bool IsSent => _isSent;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        _isSent = true;
        return _body.CopyToAsync(stream, context, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _body.Headers.ContentLength ?? -1;
        return length >= 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) { _body.Dispose(); }
        base.Dispose(disposing);
    }
}
