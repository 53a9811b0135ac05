using System.Text.Json.Serialization;

namespace SpaStatic;

/// <summary>The demo's other pages; section <c>Spa:Demo</c>. An address that is not set leaves out what would lead there.</summary>
internal sealed class DemoLinks
{
    /// <summary>The pretend provider, with its diary and its buttons for trouble.</summary>
    public string? ProviderUrl { get; set; }

    /// <summary>Bff's ops page.</summary>
    public string? OpsUrl { get; set; }

    [JsonIgnore]
    public IEnumerable<(string Key, string? Address)> All => [(nameof(ProviderUrl), ProviderUrl), (nameof(OpsUrl), OpsUrl)];
}
