namespace Bff.Providers.Named;

/// <summary>The providers of the configuration this process has started with.</summary>
internal sealed class ProviderSet : IDisposable
{
    private readonly Dictionary<string, Provider> _byName;

    /// <param name="providers">At least one; the first is the one to take where nothing else is said.</param>
    public ProviderSet(IEnumerable<Provider> providers)
    {
        All = [.. providers];
        _byName = All.ToDictionary(provider => provider.Name, StringComparer.Ordinal);
    }

    public IReadOnlyList<Provider> All { get; }

    /// <summary>The one without a name, else the first.</summary>
    public Provider Default => All[0];

    public Provider this[string name] => _byName[name];

    public Provider? Find(string? name) => name is not null && _byName.TryGetValue(name, out var provider) ? provider : null;

    public void Dispose()
    {
        foreach (var provider in All) { provider.Gate.Dispose(); }
    }
}
