namespace Bff.Forwarding;

/// <summary>What a connection that stays speaks: how it can be told that it ends.</summary>
internal enum CallKind
{
    /// <summary>A response that must not look complete when it is not, or a protocol that is not known: it is cut.</summary>
    Opaque,

    /// <summary>A close frame.</summary>
    WebSocket,

    /// <summary>The stream ends; what is left of an event nobody takes for one (HTML Living Standard, section 9.2.6).</summary>
    EventStream,

    /// <summary>A status in the trailers.</summary>
    Grpc,
}
