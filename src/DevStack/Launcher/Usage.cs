namespace DevStack.Launcher;

internal static class Usage
{
    /// <summary>What the process answers when it was called the wrong way.</summary>
    public const int ExitCode = 2;

    private const string Text = """
        The demo world around Bff.

          DevStack                     start everything: provider, API, Bff and the static page
          DevStack --one-origin        the same, with the page served through Bff: http://localhost:3001
          DevStack --provider-down     the same, with an outage: 10 s after the first sign-in the provider is away for 100 s
          DevStack --silent            the same, with a provider that gives no refresh tokens: the page renews silently
          DevStack --two               the same, with a second front end and a second provider: http://localhost:3001/office
          DevStack --nodes 3           the same, with three Bffs (2 to 9) behind a load balancer, on a PostgreSQL of their own: http://localhost:3003
          DevStack provider [--urls …] only the OpenID provider, http://localhost:5001
          DevStack api [--urls …]      only the demo API, http://localhost:5002
          DevStack health URL          ask a running one; exit code 0 when it answers
          DevStack --help              this text

        The switches go together: with --two, --provider-down is about the first provider, and --silent about both. While it runs, http://localhost:5001/trouble has buttons for
        an outage and for no refresh tokens (and so has http://localhost:5101/trouble).

        Settings come as environment variables (DevStack__AccessTokenLifetime=00:00:10)
        or, for provider and api, as arguments (--DevStack:AccessTokenLifetime=00:00:10).
        """;

    public static int Print()
    {
        Console.WriteLine(Text);
        return 0;
    }

    public static int Unknown(string word)
    {
        Console.Error.WriteLine($"DevStack does not know '{word}'. Try: DevStack --help");
        return ExitCode;
    }
}
