namespace Bff.Configuration;

/// <summary>
/// The configuration in use: what was last found free of mistakes, secrets read from their files. Options and routes are bound to this one and not to the
/// files, so an edit changes everything it means to, or nothing.
/// </summary>
internal sealed class AcceptedConfiguration
{
    private readonly Copy _copy = new();

    public AcceptedConfiguration() => Root = new ConfigurationRoot([_copy]);

    public IConfiguration Root { get; }

    public IReadOnlyDictionary<string, string?> Values => _copy.Values;

    /// <summary>The files it came from; one that is gone later is missed.</summary>
    public IReadOnlyCollection<string> Files { get; private set; } = [];

    /// <summary>Raised when every option has its new value.</summary>
    public event Action? Changed;

    public void Accept(IReadOnlyDictionary<string, string?> values, IReadOnlyCollection<string> files)
    {
        Files = files;
        if (Snapshot.Differences(values, Values).Count == 0) { return; }
        _copy.Replace(values);
        Changed?.Invoke();
    }

    private sealed class Copy : ConfigurationProvider
    {
        public IReadOnlyDictionary<string, string?> Values => Data.AsReadOnly();

        public void Replace(IReadOnlyDictionary<string, string?> values)
        {
            Data = new Dictionary<string, string?>(values, StringComparer.OrdinalIgnoreCase);
            OnReload();
        }
    }
}
