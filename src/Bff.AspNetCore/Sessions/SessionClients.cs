namespace Bff.Sessions;

/// <summary>
/// Whose sessions these are: those of our clients at their providers. Another Bff on the same database may be somebody else's client, and neither takes the
/// other's sessions or sends its tokens anywhere. Set by the feature that knows the providers.
/// </summary>
internal sealed class SessionClients
{
    public SessionClients()
    {
        // Set when the providers are known.
    }

    public SessionClients(params SessionClient[] clients) => All = clients;

    /// <summary>At least one. Rows from before there was one to name belong to the first.</summary>
    public IReadOnlyList<SessionClient> All { get; set; } = [new()];

    public SessionClient First => All[0];

    public SessionClient Of(string provider) => All.First(client => client.Provider == provider);

    /// <param name="name">As a row has it; null for the first's.</param>
    public SessionClient Named(string? name) => name is null ? First : All.FirstOrDefault(client => client.Name == name) ?? First;
}
