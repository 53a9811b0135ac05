namespace Bff.Tokens;

/// <summary>A call of a sign-in came to nothing; never says anything the provider sent but a plain word.</summary>
internal sealed class SignInCallException(Blame blame, string error) : Exception($"The provider answered {error}.")
{
    public Blame Blame => blame;

    /// <summary>The OAuth error, or a word of ours.</summary>
    public string Error => error;

    /// <summary>Who must do something about an OAuth error.</summary>
    public static Blame BlameFor(string error) => error switch
    {
        "temporarily_unavailable" or "server_error" => Blame.Provider,
        "invalid_grant" or "access_denied" or "login_required" or "consent_required" or "interaction_required" or "account_selection_required" => Blame.User,
        _ => Blame.Client,
    };
}
