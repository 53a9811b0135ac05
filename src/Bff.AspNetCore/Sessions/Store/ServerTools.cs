namespace Bff.Sessions.Store;

/// <summary>A server's own commands, which copy it while Bff runs.</summary>
/// <param name="Server">Its name.</param>
/// <param name="Backup">Writes FILE.</param>
/// <param name="Restore">Reads it.</param>
internal sealed record ServerTools(string Server, string Backup, string Restore);
