using System.Text.Json.Serialization;

namespace Bff.Sessions;

/// <summary>How <see cref="SessionView"/> is written, made by the compiler: a page asks for it first, and reflection would take tens of milliseconds to prepare.</summary>
[JsonSerializable(typeof(SessionView))]
internal sealed partial class SessionViewJson : JsonSerializerContext;
