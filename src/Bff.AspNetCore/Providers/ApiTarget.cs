using System.Text.Json.Serialization;

namespace Bff.Providers;

/// <summary>What an access token is asked for, as a route says it. Two that are equal are served by one token.</summary>
/// <param name="Audience">A name of the API at the provider; sent as the provider wants it (<see cref="OidcOptions.AudienceParameter"/>).</param>
/// <param name="Resource">The API's address (RFC 8707).</param>
/// <param name="Scope">Scopes, separated by spaces.</param>
/// <param name="IsExchanged">Got by a token exchange (RFC 8693), whatever else the provider's tokens are got by.</param>
internal sealed record ApiTarget(string? Audience = null, string? Resource = null, string? Scope = null, bool IsExchanged = false)
{
    /// <summary>Whatever the provider gives who asks for nothing.</summary>
    public static readonly ApiTarget Whatever = new();

    private ApiTarget? _exchanged;

    /// <summary>The same by exchange.</summary>
    [JsonIgnore]
    public ApiTarget Exchanged => IsExchanged ? this : _exchanged ??= this with { IsExchanged = true };

    /// <summary>For logs, metrics and operators: as the configuration has it, and nothing secret.</summary>
    [JsonIgnore]
    public string Name => Audience ?? Resource ?? Scope ?? "default";

    /// <summary>All of it in one line: what tells two apart.</summary>
    [JsonIgnore]
    public string Text => string.Join('\n', Audience, Resource, Scope, IsExchanged ? "exchange" : "");

    public bool Equals(ApiTarget? other) => ReferenceEquals(this, other) || (other is not null && IsExchanged == other.IsExchanged
        && Audience == other.Audience && Resource == other.Resource && Scope == other.Scope);

    public override int GetHashCode() => HashCode.Combine(Audience, Resource, Scope, IsExchanged);

    public override string ToString() => Name;
}
