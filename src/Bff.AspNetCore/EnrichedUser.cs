using System.Security.Claims;

namespace Bff;

/// <summary>A user who signs in, or whose session is renewed, to whom claims can be added.</summary>
public sealed class EnrichedUser
{
    private readonly List<Claim> _added = [];

    /// <summary>Who it is: the provider's <c>sub</c>.</summary>
    public required string Subject { get; init; }

    /// <summary>The name of the provider; <c>default</c> for <c>Bff:Oidc</c>.</summary>
    public required string Provider { get; init; }

    /// <summary>The name of the front end; <c>default</c> for the one that is configured without a name.</summary>
    public required string FrontEnd { get; init; }

    /// <summary>The session is there already and gets new tokens; else a user signs in.</summary>
    public required bool IsRenewal { get; init; }

    /// <summary>What the provider says of the user.</summary>
    public required IReadOnlyList<Claim> Claims { get; init; }

    /// <summary>What was added so far.</summary>
    public IReadOnlyList<Claim> Added => _added;

    /// <summary>Adds a claim. A claim of type <c>role</c> is a role, and one of type <c>name</c> the user's name.</summary>
    /// <param name="type">Its type; not <c>sub</c>, <c>sid</c> or <c>tid</c>, which say whose session it is.</param>
    /// <param name="value">Its value, of up to 8 KB in UTF-8.</param>
    /// <exception cref="ArgumentException">It cannot be added.</exception>
    /// <exception cref="InvalidOperationException">A hundred were added already.</exception>
    public void Add(string type, string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(type);
        ArgumentNullException.ThrowIfNull(value);
        ClaimsEnrichment.EnsureFits(type, value, _added.Count);
        _added.Add(new Claim(type, value));
    }
}
