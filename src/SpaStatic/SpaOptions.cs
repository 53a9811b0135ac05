using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.Extensions.Options;

namespace SpaStatic;

/// <summary>What the page must know about the world around it; section <c>Spa</c>.</summary>
internal sealed class SpaOptions
{
    public const string Section = "Spa";

    /// <summary>
    /// Address of Bff as the browser sees it: its origin, and the path of this page's front end where that has one. A page that Bff serves below a path finds it
    /// there.
    /// </summary>
    public string BffUrl { get; set; } = "http://localhost:3001";

    /// <summary>What this front end is called, where the demo has several: it then has colours of its own, too. Nothing: the page's usual name.</summary>
    public string? Title { get; set; }

    /// <summary>
    /// Addresses the silent sign-in is redirected through; their origins are allowed in the page's frames. An issuer URL will do.
    /// Nothing configured means <c>http://localhost:5001</c>, the development provider.
    /// </summary>
    // Null on purpose: the configuration binder adds to an array's default instead of replacing it.
    public string[]? ProviderOrigins { get; set; }

    /// <summary>Where the rest of the demo is, for the card "Try this". Nothing configured, as in production, means no such card.</summary>
    public DemoLinks Demo { get; } = new();

    public string BffAddress => new Uri(BffUrl).AbsoluteUri.TrimEnd('/');

    public string BffOrigin => Origin(BffUrl);

    /// <summary>For WebSockets, whose scheme a policy takes for another origin.</summary>
    public string BffSocketOrigin => "ws" + BffOrigin["http".Length..];

    public IEnumerable<string> FrameOrigins => (ProviderOrigins ?? ["http://localhost:5001"]).Select(Origin);

    private static string Origin(string url) => new Uri(url).GetLeftPart(UriPartial.Authority);
}
