using Bff.Forwarding;
using Microsoft.AspNetCore.Http;

namespace Bff.Tests.Forwarding;

public class KeptBodyTests
{
    private readonly DefaultHttpContext _context = new();

    [Fact]
    public async Task What_has_come_is_read_once_more_and_what_is_still_to_come_follows()
    {
        byte[] sent = [.. Enumerable.Range(0, 1000).Select(number => (byte)number)];
        Keep(new MemoryStream(sent), sent.Length);
        var (body, buffer) = (_context.Request.Body, new byte[300]);
        (await body.ReadAsync(buffer)).ShouldBe(300);
        body.Read(buffer, 0, 50).ShouldBe(50);

        ((KeptBody)body).Rewind();

        using var read = new MemoryStream();
        await body.CopyToAsync(read);
        read.ToArray().ShouldBe(sent);
        ((KeptBody)body).Rewind();
        read.SetLength(0);
        await body.CopyToAsync(read);
        read.ToArray().ShouldBe(sent);
    }

    [Fact]
    public void A_body_that_is_promised_and_does_not_come_takes_no_memory()
    {
        Keep(Stream.Null, KeptBody.MaxBytes);   // compiled
        _context.Request.Body = Stream.Null;
        var before = GC.GetAllocatedBytesForCurrentThread();
        Keep(Stream.Null, KeptBody.MaxBytes);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(2000);
    }

    private void Keep(Stream body, long length)
    {
        (_context.Request.Body, _context.Request.ContentLength) = (body, length);
        KeptBody.Keep(_context);
        _context.Request.Body.ShouldBeOfType<KeptBody>();
    }
}
