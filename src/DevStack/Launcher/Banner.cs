namespace DevStack.Launcher;

internal static class Banner
{
    /// <param name="oneOrigin">Bff serves the page too.</param>
    public static string Text(bool oneOrigin) => $"""

          The Bff demo is ready.

            the page      http://localhost:{(oneOrigin ? 3001 : 5000)}     start here
            Bff           http://localhost:3001     holds the tokens{(oneOrigin ? ", and serves the page: one origin" : "")}
            provider      http://localhost:5001     /diary shows every token it issued
            API           http://localhost:5002     /api/echo shows what reaches it

          Sign in as alice (password alice) or bob (password bob).

          What to try
            - Sign in and watch the expiry move: access tokens live a minute and are renewed before that.
            - Call the API as alice and as bob: only alice may read messages.
            - Look for a token in the browser's developer tools. There is none.
            - Open the provider's diary: each refresh token is used once, never twice.

          Ctrl+C stops everything.

        """;
}
