using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.Extensions.Options;

namespace SpaStatic;

/// <summary>What the page must know about the world around it; section <c>Spa</c>.</summary>
internal sealed class SpaOptions
{
    public const string Section = "Spa";

    /// <summary>Origin of Bff as the browser sees it.</summary>
    public string BffUrl { get; set; } = "http://localhost:3001";

    /// <summary>
    /// Addresses the silent sign-in is redirected through; their origins are allowed in the page's frames. An issuer URL will do.
    /// Nothing configured means <c>http://localhost:5001</c>, the development provider.
    /// </summary>
    // Null on purpose: the configuration binder adds to an array's default instead of replacing it.
    public string[]? ProviderOrigins { get; set; }

    /// <summary>Where the rest of the demo is, for the card "Try this". Nothing configured, as in production, means no such card.</summary>
    public DemoLinks Demo { get; } = new();

    public string BffOrigin => Origin(BffUrl);

    public IEnumerable<string> FrameOrigins => (ProviderOrigins ?? ["http://localhost:5001"]).Select(Origin);

    private static string Origin(string url) => new Uri(url).GetLeftPart(UriPartial.Authority);
}
