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
            return StartFailure.ExitCodeOf(error);
        }
    }

    private static RootCommand Describe(string[] args, Func<string[], WebApplicationBuilder> compose, Func<WebApplication, Task> serve)
    {
        var root = new RootCommand($"Bff, a backend-for-frontend reverse proxy. Without a command it runs. {WithSettings}") { TreatUnmatchedTokensAsErrors = false };
        root.SetAction(_ => LooksLikeCommand(args) ? Refuse(args[0]) : RunAsync(args));

        root.Add(Command("run", "Runs the proxy until it is stopped. A store that is away is waited for. Exit code: 0 after a stop, 75 when its port is in use, 78 when the configuration is wrong.", RunAsync));
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
            if (Read(() => given.GetValueOrDefault<TimeSpan>()) < TimeSpan.Zero) { given.AddError("--active-in cannot be in the past."); }
        });
        var rotate = new Command("rotate",
            "Adds a new key. What older keys sealed stays readable. A running Bff reads the new key within a minute; no restart is needed. Exit code: 0 done, 75 the store is away, 78 the configuration or the store is wrong.") { activeIn };
        rotate.TreatUnmatchedTokensAsErrors = false;
        rotate.SetAction(parsed => KeysCommand.RotateAsync(compose([.. parsed.UnmatchedTokens]), parsed.GetValue(activeIn)));
        keys.Add(rotate);
        keys.Add(Command("list", "Lists the keys: id, times and state, never a value. Exit code: 0 done, 75 the store is away, 78 the configuration or the store is wrong.", given => KeysCommand.ListAsync(compose(given))));
        keys.Add(RevokeKeys(compose));
        root.Add(keys);
        root.Add(Sessions());
        return root;

        async Task<int> RunAsync(string[] given)
        {
            await serve(compose(given).Build());
            return ExitCodes.Ok;
        }
    }

    private static Command RevokeKeys(Func<string[], WebApplicationBuilder> compose)
    {
        var key = new Argument<string?>("key") { Description = "The key to revoke, as the list names it.", Arity = ArgumentArity.ZeroOrOne };
        var allBefore = new Option<DateTimeOffset?>("--all-before") { Description = "Revoke all keys made before then instead, such as 2030-01-31T12:00Z." };
        var revoke = new Command("revoke",
            "Makes a leaked key useless: no running Bff opens anything with it after a minute. Ends the sessions it sealed and has their refresh tokens revoked at the provider. "
            + "Exit code: 0 done, 1 there is no such key, 75 the store is away, 78 the configuration or the store is wrong.") { key, allBefore };
        revoke.TreatUnmatchedTokensAsErrors = false;
        revoke.Validators.Add(given =>
        {
            var (word, time) = (Word(given.GetValue(key)), Read(() => given.GetValue(allBefore)));
            if (word is not null && !Guid.TryParse(word, out _)) { given.AddError("A key is named by its id. See: bff keys list"); }
            if (word is null == (given.GetResult(allBefore) is null)) { given.AddError("Give a key, or --all-before."); }
            if (time > TimeProvider.System.GetUtcNow()) { given.AddError("--all-before cannot be in the future: the key made in their place would be revoked, too."); }
        });
        revoke.SetAction(parsed =>
        {
            var word = parsed.GetValue(key);
            return KeysCommand.RevokeAsync(compose(Settings(parsed, word)), Word(word) is { } id ? Guid.Parse(id) : null, parsed.GetValue(allBefore));
        });
        return revoke;
    }

    /// <summary>What an optional argument is meant to say: null for a setting that the parser took for it.</summary>
    private static string? Word(string? argument) => argument?.StartsWith("--", StringComparison.Ordinal) == true ? null : argument;

    private static string[] Settings(ParseResult parsed, string? argument) => argument is not null && Word(argument) is null ? [argument, .. parsed.UnmatchedTokens] : [.. parsed.UnmatchedTokens];

    /// <summary>Nothing while it cannot be read: the parser says that itself, after the validators.</summary>
    private static T? Read<T>(Func<T?> value)
    {
        try
        {
            return value();
        }
        catch (InvalidOperationException)
        {
            return default;
        }
    }

    private static Command Sessions()
    {
        var json = new Option<bool>("--json") { Description = "Print the ops port's answer as JSON, with everything but plain ASCII escaped." };
        var user = new Option<string?>("--user") { Description = "How the subject begins, or the name." };
        var take = new Option<int>("--take") { Description = "How many at most, newest first.", DefaultValueFactory = _ => 50 };
        var list = new Command("list", "Lists sessions, newest first.") { user, take, json };
        list.SetAction(parsed => SessionsCommand.ListAsync([.. parsed.UnmatchedTokens], parsed.GetValue(user), parsed.GetValue(take), parsed.GetValue(json)));

        var handle = new Argument<string>("handle") { Description = "The session, as the list or a log line names it." };
        var show = new Command("show", "Shows what is known of a session; never a token.") { handle, json };
        show.SetAction(parsed => SessionsCommand.ShowAsync([.. parsed.UnmatchedTokens], parsed.GetValue(handle)!, parsed.GetValue(json)));

        var one = new Argument<string?>("handle") { Description = "The session to end.", Arity = ArgumentArity.ZeroOrOne };
        var all = new Option<string?>("--user") { Description = "End all sessions of this subject instead." };
        var yes = new Option<bool>("--yes") { Description = "Do not ask." };
        var end = new Command("end", "Ends a session, or all of a user: its pages are told at once, its refresh token is revoked.") { one, all, yes };
        end.Validators.Add(given =>
        {
            if (Word(given.GetValue(one)) is null == given.GetValue(all) is null) { given.AddError("Give a handle, or --user."); }
        });
        end.SetAction(parsed => SessionsCommand.EndAsync(Settings(parsed, parsed.GetValue(one)), Word(parsed.GetValue(one)), parsed.GetValue(all), parsed.GetValue(yes)));

        var sessions = new Command("sessions", "Who is signed in, asked of the Bff that runs with this configuration, on its ops port. Exit code: 0 done, 1 not, 78 the configuration names no ops port.") { list, show, end };
        foreach (var command in sessions.Subcommands) { command.TreatUnmatchedTokensAsErrors = false; }
        return sessions;
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
        await Console.Error.WriteLineAsync($"There is no command '{Printable.Text(word)}'. Ask for --help.");
        return ExitCodes.Usage;
    }
}
