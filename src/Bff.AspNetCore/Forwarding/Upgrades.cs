using System.Net.Mime;
using Microsoft.AspNetCore.Http.Features;

namespace Bff.Forwarding;

/// <summary>Requests that ask for a connection that stays.</summary>
internal static class Upgrades
{
    private const string WebSocket = "websocket", Grpc = "application/grpc";

    /// <summary>
    /// The request asks for another protocol, in one of the two ways YARP forwards: HTTP/1.1's <c>Upgrade</c> or HTTP/2's extended CONNECT (RFC 8441).
    /// </summary>
    public static bool IsRequestedBy(HttpContext context)
    {
        if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true }) { return true; }
        if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true }) { return false; }
        var protocol = context.Request.Headers.Upgrade.ToString();
        return protocol.Equals(WebSocket, StringComparison.OrdinalIgnoreCase) || protocol.StartsWith("SPDY/", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The response has come, and the connection is another protocol's now.</summary>
    public static bool IsUpgraded(HttpContext context) =>
        context.Response.StatusCode == StatusCodes.Status101SwitchingProtocols || HttpMethods.IsConnect(context.Request.Method);

    /// <summary>What the response is, now that its headers have come.</summary>
    public static CallKind KindOf(HttpContext context)
    {
        if (IsUpgraded(context)) { return IsWebSocket(context) ? CallKind.WebSocket : CallKind.Opaque; }
        return IsEventStream(context.Response) ? CallKind.EventStream : IsGrpc(context.Response.ContentType) ? CallKind.Grpc : CallKind.Opaque;
    }

    /// <summary>gRPC itself, which ends in trailers, not the form of it that browsers speak.</summary>
    public static bool IsGrpc(string? contentType) => contentType?.StartsWith(Grpc, StringComparison.OrdinalIgnoreCase) == true
        && (contentType.Length == Grpc.Length || contentType[Grpc.Length] is '+' or ';' or ' ');

    private static bool IsWebSocket(HttpContext context) => context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect
        ? string.Equals(connect.Protocol, WebSocket, StringComparison.OrdinalIgnoreCase)
        : context.Request.Headers.Upgrade.ToString().Equals(WebSocket, StringComparison.OrdinalIgnoreCase);

    public static bool IsEventStreamRequestedBy(HttpContext context) =>
        context.Request.Headers.Accept.ToString().Contains(MediaTypeNames.Text.EventStream, StringComparison.OrdinalIgnoreCase);

    public static bool IsEventStream(HttpResponse response) =>
        response.ContentType?.StartsWith(MediaTypeNames.Text.EventStream, StringComparison.OrdinalIgnoreCase) == true;
}
