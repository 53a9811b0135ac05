namespace Bff.Providers;

/// <summary>The names of the providers that the process has started with.</summary>
/// <param name="All">At least one; the one without a name first.</param>
internal sealed record ProviderNames(IReadOnlyList<string> All)
{
    public string Default => All[0];

    /// <summary>Those of the configuration. The one without a name is there unless others are and nothing is said of it.</summary>
    public static ProviderNames Of(IConfiguration configuration)
    {
        List<string> named = [.. configuration.GetSection(ClientRegistration.NamedSection).GetChildren().Select(child => child.Key)];
        var hasDefault = named.Count == 0 || configuration.GetSection(ClientRegistration.DefaultSection).GetChildren().Any();
        return new(hasDefault ? [ClientRegistration.DefaultName, .. named.Where(name => name != ClientRegistration.DefaultName)] : named);
    }
}
