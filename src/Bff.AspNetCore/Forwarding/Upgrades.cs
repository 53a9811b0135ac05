using System.Net.Mime;
using Microsoft.AspNetCore.Http.Features;

namespace Bff.Forwarding;

/// <summary>Requests that ask for a connection that stays.</summary>
internal static class Upgrades
{
    /// <summary>
    /// The request asks for another protocol, in one of the two ways YARP forwards: HTTP/1.1's <c>Upgrade</c> or HTTP/2's extended CONNECT (RFC 8441).
    /// </summary>
    public static bool IsRequestedBy(HttpContext context)
    {
        if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true }) { return true; }
        if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true }) { return false; }
        var protocol = context.Request.Headers.Upgrade.ToString();
        return protocol.Equals("websocket", StringComparison.OrdinalIgnoreCase) || protocol.StartsWith("SPDY/", StringComparison.OrdinalIgnoreCase);
    }

    public static bool IsEventStreamRequestedBy(HttpContext context) =>
        context.Request.Headers.Accept.ToString().Contains(MediaTypeNames.Text.EventStream, StringComparison.OrdinalIgnoreCase);

    public static bool IsEventStream(HttpResponse response) =>
        response.ContentType?.StartsWith(MediaTypeNames.Text.EventStream, StringComparison.OrdinalIgnoreCase) == true;
}
