using System.ComponentModel.DataAnnotations;

namespace DevStack.Hosting;

/// <summary>What can be changed about the demo world: section <c>DevStack</c> of the configuration.</summary>
internal sealed class DevStackOptions
{
    public const string Section = "DevStack";

    /// <summary>How long an access token lives. Short by default, so that a renewal can be watched.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan AccessTokenLifetime { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long an ID token lives.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")]
    public TimeSpan IdentityTokenLifetime { get; set; } = TimeSpan.FromMinutes(20);

    /// <summary>How long a refresh token lives. Every use replaces it by a new one that lives this long again.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")]
    public TimeSpan RefreshTokenLifetime { get; set; } = TimeSpan.FromDays(14);

    /// <summary>How long a refresh token that was used already is accepted again; <c>00:00:00</c> never accepts one twice.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan RefreshTokenReuseLeeway { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Where Bff lives: its callback addresses below this one are registered for the client.</summary>
    [Required, Url]
    public Uri BffUrl { get; set; } = new("http://localhost:3001");

    /// <summary>More addresses of Bff (other ports, https), registered the same way.</summary>
    public IList<Uri> AdditionalBffUrls { get; } = [];

    /// <summary>
    /// What a second provider is called in Bff (<c>Bff:Providers:&lt;name&gt;</c>): letters, digits and <c>-</c>. Its pages have that title and other colours,
    /// its client is <c>bff-&lt;name&gt;</c>, and its callback addresses end with the name. Unset, it is the provider of <c>Bff:Oidc</c>.
    /// </summary>
    [RegularExpression("[a-z0-9-]{1,32}")]
    public string? ProviderName { get; set; }

    /// <summary>The provider's issuer. Unset, it is the address under which the provider is called.</summary>
    [Url]
    public Uri? Issuer { get; set; }

    /// <summary>Where the provider keeps its database and keys, relative to the project's folder. Delete it for a fresh start.</summary>
    [Required]
    public string DataDirectory { get; set; } = "data/devstack";

    /// <summary>The provider whose tokens the API trusts.</summary>
    [Required, Url]
    public Uri Authority { get; set; } = new("http://localhost:5001");

    /// <summary>The API's name: the <c>aud</c> of access tokens for which nothing else is asked, and the one the API insists on.</summary>
    [Required]
    public string ApiAudience { get; set; } = "https://demo-api.example";

    /// <summary>The name of the orders, an API of their own: the <c>aud</c> of tokens that are asked for with it, and no other opens it.</summary>
    [Required]
    public string OrdersAudience { get; set; } = "orders";

    /// <summary>The provider gives no refresh tokens, so that pages renew silently. <c>/trouble</c> switches it while the provider runs.</summary>
    public bool NoRefreshTokens { get; set; }

    /// <summary>Soon after the first sign-in the provider stops answering for longer than a token lives. <c>/trouble</c> does it at any time.</summary>
    public bool Outage { get; set; }

    /// <summary>Stop when standard input closes. The launcher sets it, so that its children do not outlive it.</summary>
    public bool StopWithParent { get; set; }
}
