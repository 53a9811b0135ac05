using System.Globalization;
using System.Security.Claims;
using Bff.Sessions;

namespace Bff.Policies;

/// <summary>
/// What a policy asks about whoever calls: a user with a session, or somebody with a token of their own. Asked for each call, so nothing is made for an answer.
/// Names of claims count letter by letter, which the framework's own search does not do.
/// </summary>
internal readonly struct Caller
{
    private const string Role = "role", AuthTime = "auth_time", AcrClaim = "acr";

    /// <summary>RFC 9068 section 2.2.3; Entra ID and Okta write <c>scp</c>.</summary>
    private const string Scope = "scope", ShortScope = "scp";

    private readonly Session? _session;
    private readonly string _requestedScope;
    private readonly ClaimsPrincipal? _user;

    private Caller(Session? session, string requestedScope, ClaimsPrincipal? user) => (_session, _requestedScope, _user) = (session, requestedScope, user);

    /// <param name="session">With tokens.</param>
    /// <param name="requestedScope">Counts when the provider did not say what it granted (RFC 6749 section 5.1).</param>
    public static Caller Of(Session session, string requestedScope) => new(session, requestedScope, user: null);

    public static Caller Of(ClaimsPrincipal user) => new(session: null, "", user);

    /// <summary>How they signed in; null when nobody says.</summary>
    public string? Acr => _session is { } session ? session.Tokens?.SignInAcr : Find(AcrClaim);

    /// <summary>When they signed in at the provider, as it says; null when it does not.</summary>
    public DateTimeOffset? SignedInAt =>
        long.TryParse(Find(AuthTime), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
        && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    /// <param name="type">The claim's name.</param>
    /// <param name="value">Null for whatever value.</param>
    public bool Has(string type, string? value)
    {
        if (_session is { } session)
        {
            for (var i = 0; i < session.Claims.Count; i++)
            {
                if (session.Claims[i].Type == type && (value is null || session.Claims[i].Value == value)) { return true; }
            }

            return false;
        }

        foreach (var claim in _user!.Claims)
        {
            if ((claim.Type == type || (type == Role && claim.Type == ClaimTypes.Role)) && (value is null || claim.Value == value)) { return true; }
        }

        return false;
    }

    /// <summary>Whether their access token is good for that.</summary>
    public bool HasScope(string scope)
    {
        if (_session is { } session) { return HasWord(session.Tokens?.Scope ?? _requestedScope, scope); }
        foreach (var claim in _user!.Claims)
        {
            if (claim.Type is Scope or ShortScope && HasWord(claim.Value, scope)) { return true; }
        }

        return false;
    }

    private string? Find(string type)
    {
        if (_session is { } session)
        {
            for (var i = 0; i < session.Claims.Count; i++)
            {
                if (session.Claims[i].Type == type) { return session.Claims[i].Value; }
            }

            return null;
        }

        foreach (var claim in _user!.Claims)
        {
            if (claim.Type == type) { return claim.Value; }
        }

        return null;
    }

    private static bool HasWord(ReadOnlySpan<char> text, ReadOnlySpan<char> word)
    {
        foreach (var range in text.Split(' '))
        {
            if (text[range].SequenceEqual(word)) { return true; }
        }

        return false;
    }
}
