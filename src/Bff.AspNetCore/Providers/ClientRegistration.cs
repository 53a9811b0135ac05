using Bff.Configuration;
using Microsoft.Extensions.Options;

namespace Bff.Providers;

/// <summary>Our client at one provider: what the operator calls it, how it is configured, and how the provider is reached.</summary>
/// <param name="name">Of the provider: <see cref="DefaultName"/> for <c>Bff:Oidc</c>.</param>
/// <param name="options">Of all providers, by name.</param>
/// <param name="clients">Among them one for each provider.</param>
internal sealed class ClientRegistration(string name, IOptionsMonitor<OidcOptions> options, IHttpClientFactory clients)
{
    /// <summary>The provider that is configured without a name.</summary>
    public const string DefaultName = SettingsSection.Default;

    /// <summary>Of the providers with names.</summary>
    public const string NamedSection = "Bff:Providers";

    public const string DefaultSection = "Bff:Oidc";

    private readonly string _optionsName = name == DefaultName ? Microsoft.Extensions.Options.Options.DefaultName : name;

    public string Name => name;

    public bool IsDefault => name == DefaultName;

    /// <summary>Where the configuration has it, for messages.</summary>
    public string Section => SectionOf(name);

    /// <summary>As they are now.</summary>
    public OidcOptions Options => options.Get(_optionsName);

    /// <summary>For every call to the provider: follows no redirect, reads at most 1 MiB, waits for its place where it carries our authentication.</summary>
    public HttpClient CreateHttpClient() => clients.CreateClient(HttpClientNameOf(name));

    public static string HttpClientNameOf(string name) => "provider:" + name;

    public static string SectionOf(string name) => name is DefaultName or "" ? DefaultSection : $"{NamedSection}:{name}";
}
