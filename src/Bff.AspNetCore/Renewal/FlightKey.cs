using Bff.Providers;
using Bff.Sessions;

namespace Bff.Renewal;

/// <summary>What a renewal is of: who needs the same shares it.</summary>
/// <param name="Session">Whose.</param>
/// <param name="Api">Which of its tokens; null for that of the sign-in.</param>
/// <param name="IsNote">It tells the store that the token is in use, and brings none.</param>
internal readonly record struct FlightKey(SessionId Session, ApiTarget? Api = null, bool IsNote = false);
