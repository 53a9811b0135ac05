namespace Bff.Guard;

/// <summary>
/// Endpoint metadata: nobody has to be signed in here, yet a WebSocket is opened by no page of another origin: CORS does not stop one, and the browser's other
/// cookies go along.
/// </summary>
internal sealed class WebSocketOriginRequired;
