namespace Bff.Login;

/// <summary>We end a sign-in: with a word for the page and a sentence, free of anything the provider sent, for the log.</summary>
internal sealed class SignInRefusedException(string error, string why) : Exception(why)
{
    public string Error { get; } = error;
}
