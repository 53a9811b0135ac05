namespace Bff.Policies;

/// <summary>One policy of the configuration in use.</summary>
internal sealed class Policy(string name, PolicyOptions options)
{
    private const string Role = "role", Groups = "groups";

    public string Name => name;

    /// <summary>Separated by spaces; null when none is asked for.</summary>
    public string? Scope { get; } = Joined(options.Scopes);

    /// <summary>The same of the ways to sign in.</summary>
    public string? AcrValues { get; } = Joined(options.Acr);

    /// <summary>In whole seconds.</summary>
    public int? MaxAge { get; } = options.MaxAge is { } age ? (int)Math.Ceiling(age.TotalSeconds) : null;

    /// <summary>What cannot be helped comes first: nobody signs in anew for what they may not do anyway.</summary>
    public Shortfall Judge(Caller caller, DateTimeOffset now)
    {
        if (!HasClaim(caller) || !Has(caller, Role, options.Roles) || !Has(caller, Groups, options.Groups)) { return Shortfall.Rights; }
        if (!Has(caller, claim: null, options.Scopes)) { return Shortfall.Scope; }
        var isSignedInSo = options.Acr.Length == 0 || options.Acr.Contains(caller.Acr, StringComparer.Ordinal);
        var isFresh = options.MaxAge is not { } age || caller.SignedInAt is { } at && now - at <= age;
        return isSignedInSo && isFresh ? Shortfall.Nothing : Shortfall.SignIn;
    }

    private bool HasClaim(Caller caller)
    {
        if (string.IsNullOrEmpty(options.Claim)) { return true; }
        return options.Values.Length == 0 ? caller.Has(options.Claim, value: null) : Has(caller, options.Claim, options.Values);
    }

    /// <param name="caller">Whoever calls.</param>
    /// <param name="claim">Null for the scopes of their token.</param>
    /// <param name="wanted">Any or all of these; nothing where there are none.</param>
    private bool Has(Caller caller, string? claim, string[] wanted)
    {
        var needsAll = options.Match == PolicyMatch.All;
        foreach (var value in wanted)
        {
            var has = claim is null ? caller.HasScope(value) : caller.Has(claim, value);
            if (has != needsAll) { return has; }
        }

        return needsAll || wanted.Length == 0;
    }

    private static string? Joined(string[] words) => words.Length == 0 ? null : string.Join(' ', words);
}
