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
        if (!HasClaim(caller) || !Has(options.Roles, caller.ValuesOf(Role)) || !Has(options.Groups, caller.ValuesOf(Groups))) { return Shortfall.Rights; }
        if (!Has(options.Scopes, caller.Scopes)) { return Shortfall.Scope; }
        var isSignedInSo = options.Acr.Length == 0 || options.Acr.Contains(caller.Acr, StringComparer.Ordinal);
        var isFresh = options.MaxAge is not { } age || caller.SignedInAt is { } at && now - at <= age;
        return isSignedInSo && isFresh ? Shortfall.Nothing : Shortfall.SignIn;
    }

    private bool HasClaim(Caller caller)
    {
        if (string.IsNullOrEmpty(options.Claim)) { return true; }
        var had = caller.ValuesOf(options.Claim);
        return options.Values.Length == 0 ? had.Any() : Has(options.Values, had);
    }

    private bool Has(string[] wanted, IEnumerable<string> had)
    {
        if (wanted.Length == 0) { return true; }
        return options.Match == PolicyMatch.All ? wanted.Except(had, StringComparer.Ordinal).FirstOrDefault() is null
            : had.Any(value => wanted.Contains(value, StringComparer.Ordinal));
    }

    private static string? Joined(string[] words) => words.Length == 0 ? null : string.Join(' ', words);
}
