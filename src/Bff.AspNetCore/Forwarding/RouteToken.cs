using Bff.Providers;
using Yarp.ReverseProxy.Configuration;

namespace Bff.Forwarding;

/// <summary>What a route says of its token, read once when the route is loaded.</summary>
/// <param name="Policy">Whose token.</param>
/// <param name="Target">Which API it is for; null for whatever the sign-in, or the client, gets without a word.</param>
/// <param name="Provider">Whose token it is; null for that of the caller's session, and the first for our client's.</param>
internal sealed record RouteToken(TokenPolicy Policy, ApiTarget? Target, string? Provider)
{
    public const string AudienceKey = "Bff.Audience", ResourceKey = "Bff.Resource", ScopeKey = "Bff.Scope", ProviderKey = "Bff.Provider";

    /// <summary>Of a value.</summary>
    private const int MaxLength = 2000;

    /// <summary>It is a user's where there is one.</summary>
    public bool OfUser => Policy is not (TokenPolicy.None or TokenPolicy.Client or TokenPolicy.PassThrough);

    public static readonly string[] Keys = [AudienceKey, ResourceKey, ScopeKey, ProviderKey];

    /// <summary>Somebody has to be signed in.</summary>
    public bool NeedsUser => Policy is TokenPolicy.User or TokenPolicy.Exchange or TokenPolicy.UserOrPassThrough;

    /// <summary>Of a route without <see cref="Mistakes"/>.</summary>
    public static RouteToken Read(RouteConfig route)
    {
        TokenPolicies.TryRead(route.Metadata, out var policy);
        return new(policy, TargetOf(Of(route, AudienceKey), Of(route, ResourceKey), Of(route, ScopeKey), policy), Of(route, ProviderKey));
    }

    /// <summary>What a client of the program's own says in code, in the same words.</summary>
    /// <param name="policy">Whose token.</param>
    /// <param name="audience"><see cref="AudienceKey"/>; null for none.</param>
    /// <param name="resource"><see cref="ResourceKey"/>; null for none.</param>
    /// <param name="scope"><see cref="ScopeKey"/>; null for none.</param>
    /// <param name="provider"><see cref="ProviderKey"/>, which is known only once the configuration is (<see cref="MistakeInProvider"/>); null for none.</param>
    /// <exception cref="ArgumentException">One of them is none.</exception>
    public static RouteToken Of(TokenPolicy policy, string? audience, string? resource, string? scope, string? provider)
    {
        Check(AudienceKey, audience, nameof(audience));
        Check(ResourceKey, resource, nameof(resource));
        Check(ScopeKey, scope, nameof(scope));
        return new(policy, TargetOf(audience, resource, scope, policy), provider);

        static void Check(string key, string? value, string parameter)
        {
            if (value is not null && Objection(key, value, []) is { } objection) { throw new ArgumentException(objection, parameter); }
        }
    }

    /// <param name="providers">There are.</param>
    /// <returns>Null when it names one of them, or none.</returns>
    public string? MistakeInProvider(IReadOnlyList<string> providers) => Provider is null ? null : Objection(ProviderKey, Provider, providers);

    /// <param name="route">The route.</param>
    /// <param name="providers">There are.</param>
    /// <returns>By metadata key; those of the policy's own word are told elsewhere.</returns>
    public static IEnumerable<(string Key, string Mistake)> Mistakes(RouteConfig route, IReadOnlyList<string> providers)
    {
        if (!TokenPolicies.TryRead(route.Metadata, out var policy)) { yield break; }
        foreach (var key in Keys)
        {
            if (Of(route, key) is not { } value) { continue; }
            if (policy == TokenPolicy.None) { yield return (key, $"the route sends no token. Set {TokenPolicies.MetadataKey}, or remove it."); }
            else if (policy == TokenPolicy.PassThrough && key is ResourceKey or ScopeKey)
            {
                yield return (key, $"callers bring their tokens themselves. Set {AudienceKey}, and ask for scopes by a policy of Bff:Policies.");
            }
            else if (Objection(key, value, providers) is { } objection) { yield return (key, objection); }
        }

        if (policy == TokenPolicy.Exchange && Keys.SkipLast(1).All(key => Of(route, key) is null))
        {
            yield return (TokenPolicies.MetadataKey, $"Exchange needs to know for which API: set {AudienceKey}, {ResourceKey} or {ScopeKey}.");
        }

        if (policy is TokenPolicy.Client or TokenPolicy.UserOrClient && string.IsNullOrEmpty(route.AuthorizationPolicy))
        {
            yield return (TokenPolicies.MetadataKey, $"{policy} lets callers use this application's own rights, so the route has to say who may: set its "
                + "AuthorizationPolicy, to 'default' for users who are signed in, or to 'anonymous' for everybody.");
        }
    }

    private static ApiTarget? TargetOf(string? audience, string? resource, string? scope, TokenPolicy policy) =>
        (audience ?? resource ?? scope) is null ? null : new(audience, resource, scope, IsExchanged: policy == TokenPolicy.Exchange);

    private static string? Of(RouteConfig route, string key) => route.Metadata?.GetValueOrDefault(key);

    private static string? Objection(string key, string value, IReadOnlyList<string> providers)
    {
        if (value.Length is 0 or > MaxLength) { return $"must have 1 to {MaxLength} characters; remove it to ask for nothing."; }
        return key switch
        {
            ResourceKey when !IsResource(value) =>
                $"'{Printable.Text(value)}' is not an absolute URI without a fragment (RFC 8707 section 2), such as https://orders.example.com.",
            ScopeKey when !value.Split(' ').All(IsScope) =>
                "must be scopes with single spaces between, of printable ASCII characters but \" and \\ (RFC 6749 section 3.3).",
            AudienceKey when value.Any(char.IsControl) => "must have no control characters.",
            ProviderKey when !providers.Contains(value, StringComparer.Ordinal) =>
                $"there is no provider '{Printable.Text(value)}'. There are: {string.Join(", ", providers)}.",
            _ => null,
        };
    }

    private static bool IsResource(string value) =>
        Uri.TryCreate(value, UriKind.Absolute, out var uri) && value.Contains(':', StringComparison.Ordinal) && !value.StartsWith('/')
        && uri.Fragment.Length == 0 && !value.Contains('#', StringComparison.Ordinal) && !value.Any(c => c is <= ' ' or > '~');

    private static bool IsScope(string scope) => scope.Length > 0 && scope.All(c => c is '!' or (>= '#' and <= '[') or (>= ']' and <= '~'));
}
