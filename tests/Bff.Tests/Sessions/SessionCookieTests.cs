using Bff.FrontEnds;
using Bff.Sessions;
using Bff.Sessions.Authentication;
using Bff.Tests.FrontEnds;
using Microsoft.AspNetCore.Http;

namespace Bff.Tests.Sessions;

public class SessionCookieTests
{
    private static readonly (string Key, SessionId Id) Ours = SessionKey.New(), Other = SessionKey.New();

    private readonly FrontEndSet _frontEnds = FrontEndPieces.Of();

    [Fact]
    public void It_is_found_among_others_wherever_it_stands()
    {
        ShouldRead(Ours.Id, $"__Host-bff={Ours.Key}");
        ShouldRead(Ours.Id, $"a=b; __Host-bff={Ours.Key}; c=d");
        ShouldRead(Ours.Id, $"a=b;__Host-bff={Ours.Key};c");
        ShouldRead(Ours.Id, "a=b", $"c; =; ;__Host-bff={Ours.Key} ");
        ShouldRead(Ours.Id, $"__Host-bff={Other.Key}", $"__Host-bff={Ours.Key}");
    }

    [Fact]
    public void What_is_only_like_it_is_not_it()
    {
        ShouldRead(default);
        ShouldRead(default, "");
        ShouldRead(default, "__Host-bff", "__Host-bff=", $"__Host-bff2={Ours.Key}", $"x__Host-bff={Ours.Key}", $"__Host-bff ={Ours.Key}");

        // White space that only a program takes for such would hide the prefix.
        ShouldRead(default, $"\u00a0__Host-bff={Ours.Key}", $"\u0085__Host-bff={Ours.Key}", $"@__Host-bff={Ours.Key}");

        // Not every browser keeps a sibling's host from setting this one.
        ShouldRead(Ours.Id, $"__Host-bff={Ours.Key}; __host-BFF={Other.Key}");
    }

    private void ShouldRead(SessionId expected, params string[] lines)
    {
        var request = new DefaultHttpContext().Request;
        request.Headers.Cookie = lines;
        new SessionCookie(_frontEnds).TryRead(request, _frontEnds.Default, out var id).ShouldBe(expected != default);
        id.ShouldBe(expected);
    }
}
