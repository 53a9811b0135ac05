using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Bff.Guard;

/// <summary>
/// Endpoint metadata: nobody has to be signed in here, yet a WebSocket is opened by no page of another origin: CORS does not stop one, and the browser's other
/// cookies go along.
/// </summary>
internal sealed class WebSocketOriginRequired;
