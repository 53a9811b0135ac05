using Microsoft.AspNetCore.Http.Features;

namespace Bff.Forwarding;

/// <summary>A call that is sent once more, with another token than the one its API has refused. There is no third time.</summary>
internal sealed class RepeatedCall
{
    private bool _begun;

    /// <summary>Whether the request can be sent again: it has no body, or a small one, which was kept.</summary>
    public static bool IsPossible(HttpContext context) =>
        context.Request.Body is KeptBody || context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false };

    /// <summary>To be asked after a call whose response was taken back: the status says so until it is sent again.</summary>
    /// <returns>True once, with the body at its beginning.</returns>
    public static bool Begins(HttpContext context)
    {
        if (context.Response is not { StatusCode: StatusCodes.Status401Unauthorized, HasStarted: false }) { return false; }
        if (context.Features.Get<RepeatedCall>() is not { _begun: false } call) { return false; }
        call._begun = true;
        context.Response.StatusCode = StatusCodes.Status200OK;
        (context.Request.Body as KeptBody)?.Rewind();
        return true;
    }
}
