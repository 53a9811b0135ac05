using System.CommandLine;
using Bff.Commands.Check;

namespace Bff.Commands;

/// <summary>What the executable can do. Whatever the parser does not know is configuration, as it always was: <c>--Bff:Oidc:Authority=…</c>.</summary>
internal static class CommandLine
{
    private const string WithSettings = "Settings may follow any command, as in: bff check --Bff:Oidc:Authority=https://login.example.com";

    /// <param name="args">The command line.</param>
    /// <param name="compose">Registers everything for these settings.</param>
    /// <param name="serve">Runs the proxy until it is stopped.</param>
    public static async Task<int> InvokeAsync(string[] args, Func<string[], WebApplicationBuilder> compose, Func<WebApplication, Task> serve)
    {
        try
        {
            var root = Describe(args, compose, serve);
            var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });

            // The host handles signals and we explain failures; the parser's own handlers would cut a graceful stop short.
            return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
        }
        catch (Exception error) when (StartFailure.Explain(error) is { } line)
        {
            await Console.Error.WriteLineAsync(line);
            return ExitCodes.Configuration;
        }
    }

    private static RootCommand Describe(string[] args, Func<string[], WebApplicationBuilder> compose, Func<WebApplication, Task> serve)
    {
        var root = new RootCommand($"Bff, a backend-for-frontend reverse proxy. Without a command it runs. {WithSettings}") { TreatUnmatchedTokensAsErrors = false };
        root.SetAction(_ => LooksLikeCommand(args) ? Refuse(args[0]) : RunAsync(args));

        root.Add(Command("run", "Runs the proxy until it is stopped. Exit code: 0 after a stop, 78 when the configuration or the store is wrong.", RunAsync));
        root.Add(Command("check",
            "Checks the configuration, then the provider, our client there, its clock and certificate, the store, the keys and every API. Writes one probe to the store and deletes it. Run it as the user Bff runs as. "
            + "Exit code: 0 all well (warnings included), 78 something to correct, 1 something cannot be reached.",
            given => CheckCommand.RunAsync(compose(given))));
        root.Add(Command("config", "Prints the configuration in use as 'key = value (source)', secrets masked. Exit code: 0.", given => Task.FromResult(ConfigCommand.Run(given, compose(given)))));

        var live = new Option<bool>("--live") { Description = "Ask only whether the process answers." };
        var health = new Command("health",
            "Asks the Bff that runs with this configuration whether it is ready, on its ops port. Prints one line. Exit code: 0 yes, 1 no, 78 the configuration names no ops port.") { live };
        health.TreatUnmatchedTokensAsErrors = false;
        health.SetAction(parsed => HealthCommand.RunAsync([.. parsed.UnmatchedTokens], parsed.GetValue(live)));
        root.Add(health);

        var keys = new Command("keys", "The Data Protection keys that encrypt tokens in the store.");
        var activeIn = new Option<TimeSpan>("--active-in") { Description = "When the new key starts to seal, as d.hh:mm:ss. [default: at once]" };
        activeIn.Validators.Add(given =>
        {
            if (given.GetValueOrDefault<TimeSpan>() < TimeSpan.Zero) { given.AddError("--active-in cannot be in the past."); }
        });
        var rotate = new Command("rotate",
            "Adds a new key. What older keys sealed stays readable. A running Bff reads the new key within a minute; no restart is needed. Exit code: 0 done, 78 the configuration or the store is wrong.") { activeIn };
        rotate.TreatUnmatchedTokensAsErrors = false;
        rotate.SetAction(parsed => KeysCommand.RotateAsync(compose([.. parsed.UnmatchedTokens]), parsed.GetValue(activeIn)));
        keys.Add(rotate);
        root.Add(keys);
        return root;

        async Task<int> RunAsync(string[] given)
        {
            await serve(compose(given).Build());
            return ExitCodes.Ok;
        }
    }

    private static Command Command(string name, string description, Func<string[], Task<int>> run)
    {
        var command = new Command(name, description) { TreatUnmatchedTokensAsErrors = false };
        command.SetAction(parsed => run([.. parsed.UnmatchedTokens]));
        return command;
    }

    /// <summary>A word where settings have a sign: most likely a command misspelt, and to run instead would be a surprise.</summary>
    private static bool LooksLikeCommand(string[] args) => args is [var first, ..] && first.Length > 0 && first[0] is not ('-' or '/') && !first.Contains('=', StringComparison.Ordinal);

    private static async Task<int> Refuse(string word)
    {
        await Console.Error.WriteLineAsync($"There is no command '{word}'. Ask for --help.");
        return ExitCodes.Usage;
    }
}
