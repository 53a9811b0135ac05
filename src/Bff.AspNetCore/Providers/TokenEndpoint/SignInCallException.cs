namespace Bff.Providers.TokenEndpoint;

/// <summary>A call of a sign-in came to nothing; never says anything the provider sent but a plain word.</summary>
internal sealed class SignInCallException(Blame blame, string error, string? message = null) : Exception(message ?? $"The provider answered {error}.")
{
    public Blame Blame => blame;

    /// <summary>The OAuth error, or a word of ours.</summary>
    public string Error => error;

    /// <summary>Of the response; 0 when there was none.</summary>
    public int Status { get; init; }

    /// <summary>Came beside the error all the same, and is nobody's.</summary>
    public string? RefreshToken { get; init; }
}
