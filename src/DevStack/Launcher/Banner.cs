using DevStack.Nodes;
using DevStack.Provider.Trouble;

namespace DevStack.Launcher;

internal static class Banner
{
    public static string Text(LauncherSwitches switches) => $"""

          The Bff demo is ready.

            the page      http://localhost:{(switches.SpaRoute ? 3001 : 5000)}     start here
            Bff           http://localhost:3001     holds the tokens{(switches.SpaRoute ? ", and serves the page: one origin" : "")}
            its ops page  http://localhost:3002     sessions, renewals, what the provider answers
            provider      http://localhost:5001     /diary shows every token it issued, /trouble makes it fail
            API           http://localhost:5002     /api/echo shows what reaches it
        {(switches.Nodes > 0 ? Several : "")}{(switches.Two ? Second : "")}
          Sign in as alice (password alice) or bob (password bob).{Trouble(switches)}

          What to try: the page has a card for it.
            - Sign in and watch the expiry move: access tokens live a minute and are renewed before that.
            - Call the API as alice and as bob: only alice may read messages.
            - Look for a token in the browser's developer tools. There is none.
            - Open the provider's diary: each refresh token is used once, never twice.
            - Stop the provider for a minute at http://localhost:5001/trouble: you stay signed in.
        {(switches.Nodes > 0 ? Kill : "")}{(switches.Two ? MoreToTry : "")}
          Ctrl+C stops everything.

        """;

    private static readonly string Several = $"    the nodes     http://localhost:{BalancerProgram.PagePort}     who serves which call; kill one there\n";

    private const string Second = """

            back office   http://localhost:3001/office   the second front end, with a cookie and sessions of its own
            its provider  http://localhost:5101     its people are the same; that you are signed in at the other one means nothing here
            its API       http://localhost:5102     takes tokens of that provider only

        """;

    private const string Kill = """
            - Kill a Bff on the page of the nodes, and go on: nothing happens. Sign out, and you are signed out at all of them.

        """;

    private static string MoreToTry => $$"""
            - Sign in at both. Stop one provider: the other front end notices nothing. Sign out of one: you stay signed in at the other.
            - Add a third front end while it runs. Bff's settings are in
              {{TwoConfig.Path}}
              Beside "office" write  , "third": { "PathBase": "/third", "Provider": "default staff", "Url": "http://localhost:5000" }
              save, and open http://localhost:3001/third. (The next start writes the file anew.)

        """;

    private static string Trouble(LauncherSwitches switches) => string.Concat(
        switches.ProviderDown
            ? $"\n  --provider-down: {Switches.OutageAfterSignIn.TotalSeconds:0} s after the first sign-in the provider stops answering for "
            + $"{Switches.OutageBySwitch.TotalSeconds:0} s."
            + (switches.Two ? " That of the back office does not." : "")
            : "",
        switches.Silent
            ? $"\n  --silent: the provider{(switches.Two ? "s give" : " gives")} no refresh tokens, so the page renews silently, through an invisible frame."
            : "");
}
