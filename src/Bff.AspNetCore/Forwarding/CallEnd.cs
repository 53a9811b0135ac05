using System.Net.WebSockets;

namespace Bff.Forwarding;

/// <summary>Why a connection that stays is ended here, and how that is said in each protocol.</summary>
/// <param name="Code">The reason of a WebSocket's close frame, and the message of a gRPC status; stays the same between releases.</param>
/// <param name="WebSocket">RFC 6455 section 7.4.1.</param>
/// <param name="Status">For gRPC.</param>
internal sealed record CallEnd(string Code, WebSocketCloseStatus WebSocket, GrpcStatus Status)
{
    public static readonly CallEnd Session = new("session_ended", WebSocketCloseStatus.PolicyViolation, GrpcStatus.Unauthenticated);

    /// <summary>The route wants none to outlive the token it began with; the next one has a new token.</summary>
    public static readonly CallEnd Token = new("token_expired", WebSocketCloseStatus.PolicyViolation, GrpcStatus.Unauthenticated);

    public static readonly CallEnd Idle = new("idle_timeout", WebSocketCloseStatus.EndpointUnavailable, GrpcStatus.Unavailable);

    public static readonly CallEnd Stopping = new("stopping", WebSocketCloseStatus.EndpointUnavailable, GrpcStatus.Unavailable);
}
