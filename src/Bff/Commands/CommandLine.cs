using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;
using Bff.Commands.Backup;
using Bff.Commands.Check;
using Bff.Configuration;

namespace Bff.Commands;

/// <summary>
/// What the executable can do, and every word it knows. Settings are taken out first (<see cref="SettingWords"/>); any other word that is left is an error.
/// </summary>
internal static class CommandLine
{
    private const string WithSettings = "Settings may follow any command, as in: bff check --Bff:Oidc:Authority=https://login.example.com";

    private const string ConfigurationOnly = "75 the store is unavailable, 78 the configuration or the store is wrong";

    /// <param name="args">The command line.</param>
    /// <param name="compose">Registers everything for these settings, among them <c>--config=FILE</c>, in their order.</param>
    /// <param name="serve">Runs the proxy until it is stopped.</param>
    public static async Task<int> InvokeAsync(string[] args, Func<string[], WebApplicationBuilder> compose, Func<WebApplication, Task> serve)
    {
        Durations.ReadEverywhere();
        try
        {
            var (words, settings) = SettingWords.Split(args);
            var parsed = Describe(settings, compose, serve).Parse(words, new ParserConfiguration { ResponseFileTokenReplacer = null });
            if (parsed.Action is ParseErrorAction) { return await RefuseAsync(parsed); }

            // The host handles signals and we explain failures; the parser's own handlers would cut a graceful stop short.
            return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
        }
        catch (Exception error) when (StartFailure.Explain(error) is { } line)
        {
            await Console.Error.WriteLineAsync(line);
            return StartFailure.ExitCodeOf(error);
        }
    }

    internal static RootCommand Describe(string[] settings, Func<string[], WebApplicationBuilder> compose, Func<WebApplication, Task> serve)
    {
        var config = new Option<string[]>("--config")
        {
            Description = "A settings file (JSON). May be given several times; later files win.", HelpName = "FILE", Recursive = true,
            Arity = ArgumentArity.OneOrMore,
        };
        var root = new RootCommand(
            $"Bff, a backend-for-frontend reverse proxy. Without a command, it runs the proxy. {WithSettings} Exit code: 64 for an unknown or missing "
            + "argument, else as each command says.") { config };
        root.SetAction(RunAsync);
        root.Add(
            Command(
                "run",
                "Runs the proxy until it is stopped. Waits for a store that is unavailable. Exit code: 0 after a stop, 75 when its port is in use, 78 when the "
                + "configuration is wrong.",
                [],
                RunAsync));

        var checkJson = Json("{exitCode, findings: [{check, result, found, cure}]}; result is ok, warning, mistake or unreachable");
        root.Add(Command(
            "check",
            "Checks the configuration, then the provider, the client's registration there, its clock and certificate, the store, the keys and every API. "
            + "Writes one probe to the store and deletes it; a store that the next start would migrate is left alone and reported. Run it as the user that "
            + "Bff runs as. Exit code: 0 all well (warnings included), 78 something to correct, 1 something cannot be reached.",
            [checkJson], parsed => CheckCommand.RunAsync(compose(Given(parsed)), parsed.GetValue(checkJson))));

        var configJson = Json("{settings: [{key, value, source}]}");
        root.Add(Command(
            "config", "Prints the configuration in use as 'key = value (source)', with secrets masked. Exit code: 0.",
            [configJson], parsed => Task.FromResult(ConfigCommand.Run(Given(parsed), compose(Given(parsed)), parsed.GetValue(configJson)))));

        var live = new Option<bool>("--live") { Description = "Ask only whether the process responds." };
        var healthJson = Json("{ok, asked, status, message, causes: [{check, detail}]}; status is the HTTP status, or null without a response");
        root.Add(Command(
            "health", "Asks the Bff that runs with this configuration whether it is ready, on its ops port. Prints one line. Exit code: 0 yes, 1 no, 78 the "
            + "configuration names no ops port.",
            [live, healthJson], parsed => HealthCommand.RunAsync(Given(parsed), parsed.GetValue(live), parsed.GetValue(healthJson))));

        root.Add(Keys(compose, Given));
        root.Add(Sessions(Given));
        var nodesJson = Json("{nodes: [{name, version, url, startedAt, seenAt, ready, alive, renewals}]}; alive is null while that cannot be said");
        root.Add(Command(
            "nodes", "Lists the nodes that share the store, as the Bff that runs with this configuration hears of them: alive, ready, version, renewals since "
            + "the start. Asks its ops port. Exit code: 0 done, 1 not done, 78 the configuration names no ops port.",
            [nodesJson], parsed => NodesCommand.RunAsync(Given(parsed), parsed.GetValue(nodesJson))));
        root.Add(Backup(compose, Given));
        root.Add(Restore(compose, Given));
        root.Add(
            new Command(
                "completion",
                "Prints a completion script for a shell. Exit code: 0.") { Command(
                    "bash", "For bash, and for zsh with bashcompinit.", [], _ => Task.FromResult(CompletionCommand.Run())) });
        return root;

        async Task<int> RunAsync(ParseResult parsed)
        {
            await serve(compose(Given(parsed)).Build());
            return ExitCodes.Ok;
        }

        string[] Given(ParseResult parsed) => [.. settings, .. (parsed.GetValue(config) ?? []).Select(file => "--config=" + file)];
    }

    private static Command Keys(Func<string[], WebApplicationBuilder> compose, Func<ParseResult, string[]> given)
    {
        var activeIn = new Option<TimeSpan>("--active-in") { Description = "When the new key starts to seal: 10m, 12h, 2d. [default: at once]",
            HelpName = "DURATION", CustomParser = ReadDuration };
        var json = Json("{keys: [{id, createdAt, sealsFrom, until, state}]}; state is seals, opens, later or revoked");

        var key = new Argument<string?>("key") { Description = "The id of the key to revoke; see 'bff keys list'.", Arity = ArgumentArity.ZeroOrOne };
        var allBefore = new Option<DateTimeOffset?>("--all-before")
        {
            Description = "Revoke all keys made before this time instead, such as 2030-01-31T12:00Z. UTC unless it names a zone.", HelpName = "TIME",
            CustomParser = ReadTime,
        };
        var revoke = Command(
            "revoke",
            "Makes a leaked key useless: after a minute, no running Bff opens anything with it. Ends the sessions it sealed and has their refresh tokens "
            + $"revoked at the provider. Exit code: 0 done, 1 there is no such key, {ConfigurationOnly}.",
            [allBefore], parsed =>
                KeysCommand.RevokeAsync(compose(given(parsed)), parsed.GetValue(key) is { } id ? Guid.Parse(id) : null, parsed.GetValue(allBefore)));
        revoke.Add(key);
        revoke.Validators.Add(result =>
        {
            var (word, time) = (result.GetValue(key), Read(() => result.GetValue(allBefore)));
            if (word is not null && !Guid.TryParse(word, out _)) { result.AddError("A key is named by its id; see 'bff keys list'."); }
            if (word is null == (result.GetResult(allBefore) is null)) { result.AddError("Name a key, or pass --all-before."); }
            if (time > TimeProvider.System.GetUtcNow())
            {
                result.AddError("--all-before cannot be in the future: it would revoke the new key as well.");
            }
        });

        return new Command("keys", "The Data Protection keys that encrypt tokens in the store.")
        {
            Command(
                "rotate",
                "Adds a new key. What older keys sealed remains readable. A running Bff reads the new key within a minute; no restart is needed. Exit code: 0 "
                + $"done, {ConfigurationOnly}.",
                [activeIn], parsed => KeysCommand.RotateAsync(compose(given(parsed)), parsed.GetValue(activeIn))),
            Command(
                "list", $"Lists the keys: id, times and state; never a value. Exit code: 0 done, {ConfigurationOnly}.",
                [json], parsed => KeysCommand.ListAsync(compose(given(parsed)), parsed.GetValue(json))),
            revoke,
        };
    }

    private static Command Sessions(Func<ParseResult, string[]> given)
    {
        const string ExitCode = " Exit code: 0 done, 1 not done, 78 the configuration names no ops port.";
        var json = Json("the ops port's response, with everything but ASCII escaped");
        var user = new Option<string?>("--user") { Description = "The beginning of the subject or name." };
        var frontEnd = new Option<string?>("--front-end") { Description = "Only those of this front end.", HelpName = "NAME" };
        var provider = new Option<string?>("--provider") { Description = "Only those of this provider.", HelpName = "NAME" };
        var take = new Option<int>("--take") { Description = "The maximum number of sessions, newest first.", DefaultValueFactory = _ => 50 };
        var handle = new Argument<string>("handle") { Description = "The session's handle, as in the list or a log line." };
        var show = Command(
            "show", "Shows what Bff knows about a session; never a token." + ExitCode, [json], parsed =>
                SessionsCommand.ShowAsync(given(parsed), parsed.GetValue(handle)!, parsed.GetValue(json)));
        show.Add(handle);

        var one = new Argument<string?>("handle") { Description = "The session to end.", Arity = ArgumentArity.ZeroOrOne };
        var all = new Option<string?>("--user") { Description = "End all sessions of this subject instead." };
        var whose = new Option<string?>("--provider")
        {
            Description = "With --user: only those of this provider. Without it, everybody's whom any provider calls so.", HelpName = "NAME",
        };
        var yes = new Option<bool>("--yes") { Description = "Do not ask for confirmation." };
        var end = Command(
            "end", "Ends a session, or all sessions of a user: open pages are told at once, and refresh tokens are revoked." + ExitCode,
            [all, whose, yes], parsed => SessionsCommand.EndAsync(
                given(parsed), parsed.GetValue(one), parsed.GetValue(all), parsed.GetValue(whose), parsed.GetValue(yes)));
        end.Add(one);
        end.Validators.Add(result =>
        {
            if (result.GetValue(one) is null == result.GetValue(all) is null) { result.AddError("Name a handle, or pass --user."); }
            if (result.GetValue(whose) is not null && result.GetValue(all) is null) { result.AddError("--provider needs --user."); }
        });

        return new Command("sessions", "Lists, shows and ends sessions through the ops port of the Bff that runs with this configuration.")
        {
            Command(
                "list", "Lists sessions, newest first." + ExitCode,
                [user, frontEnd, provider, take, json], parsed => SessionsCommand.ListAsync(
                    given(parsed), parsed.GetValue(user), parsed.GetValue(frontEnd), parsed.GetValue(provider), parsed.GetValue(take),
                    parsed.GetValue(json))),
            show, end,
        };
    }

    private static Command Backup(Func<string[], WebApplicationBuilder> compose, Func<ParseResult, string[]> given)
    {
        var file = new Argument<string>("file") { Description = "The file to write; - for standard output." };
        var passphrase = PassphraseFile("Encrypt it with the passphrase in this file; - for standard input.");
        var force = new Option<bool>("--force") { Description = "Replace the file if it exists." };
        var backup = Command(
            "backup",
            "Writes the sessions of a SQLite store and their keys to one file, while Bff runs. Whoever has the file has the tokens in it, unless it is "
            + "encrypted. "
            + $"Exit code: 0 done, 1 not done (the file exists, there is no store, the store is PostgreSQL), {ConfigurationOnly}.",
            [passphrase, force], parsed =>
                BackupCommand.RunAsync(compose(given(parsed)), parsed.GetValue(file)!, parsed.GetValue(passphrase), parsed.GetValue(force)));
        backup.Add(file);
        return backup;
    }

    private static Command Restore(Func<string[], WebApplicationBuilder> compose, Func<ParseResult, string[]> given)
    {
        var file = new Argument<string>("file") { Description = "A file that 'bff backup' made; - for standard input." };
        var passphrase = PassphraseFile("The passphrase it was encrypted with; - for standard input.");
        var keep = new Option<bool>("--keep-renewed")
        {
            Description = "Also keep sessions that were renewed or ended since: users who signed out are signed in again, and a provider may take the "
                + "second use of a "
                + "refresh token for theft.",
        };
        var restore = Command(
            "restore",
            "Replaces the SQLite store with a backup and keeps the old store beside it. Bff must be stopped. Everything is checked before anything is "
            + "touched. Sessions that were renewed or ended since the backup are left out: "
            + $"their users sign in again. Exit code: 0 done, 1 not done (nothing was changed), {ConfigurationOnly}.",
            [passphrase, keep], parsed =>
                RestoreCommand.RunAsync(compose(given(parsed)), parsed.GetValue(file)!, parsed.GetValue(passphrase), parsed.GetValue(keep)));
        restore.Add(file);
        return restore;
    }

    private static Command Command(string name, string description, IEnumerable<Option> options, Func<ParseResult, Task<int>> run)
    {
        var command = new Command(name, description);
        foreach (var option in options) { command.Add(option); }
        command.SetAction(run);
        return command;
    }

    private static Option<bool> Json(string shape) => new("--json") { Description = $"Print JSON: {shape}." };

    private static Option<string?> PassphraseFile(string description) => new("--passphrase-file") { Description = description, HelpName = "FILE" };

    private static TimeSpan ReadDuration(ArgumentResult given)
    {
        var text = given.Tokens[0].Value;
        if (!Durations.TryParse(text, out var duration)) { given.AddError($"{Durations.Explain(text)}."); }
        else if (duration < TimeSpan.Zero) { given.AddError("--active-in cannot be in the past."); }
        return duration;
    }

    private static DateTimeOffset? ReadTime(ArgumentResult given)
    {
        if (DateTimeOffset.TryParse(given.Tokens[0].Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)) { return time; }
        given.AddError($"'{given.Tokens[0].Value}' is not a time: write 2030-01-31T12:00Z.");
        return null;
    }

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

    private static async Task<int> RefuseAsync(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (parsed.UnmatchedTokens is [var word, ..])
        {
            var parts = SettingWords.WithoutValue(word).Split(':', 2);
            var meant = Suggestion.For(parts[0], Known(parsed)) is { } near ? string.Join(':', [near, .. parts[1..]]) : null;
            await Console.Error.WriteLineAsync(
                SettingWords.LacksValue(word) ? $"'{Printable.Text(SettingWords.WithoutValue(word))}' has no value."
                : $"There is no '{Printable.Text(SettingWords.WithoutValue(word))}' here.{(meant is null ? "" : $" Did you mean '{Printable.Text(meant)}'?")}");
        }
        else
        {
            foreach (var error in parsed.Errors) { await Console.Error.WriteLineAsync(Printable.Text(error.Message)); }
        }

        await Console.Error.WriteLineAsync($"See: bff {(command is RootCommand ? "" : Path(parsed.CommandResult) + " ")}--help");
        return ExitCodes.Usage;
    }

    private static IEnumerable<string> Known(ParseResult parsed)
    {
        for (SymbolResult? at = parsed.CommandResult; at is CommandResult { Command: var command }; at = at.Parent)
        {
            foreach (var name in command.Subcommands.Select(sub => sub.Name).Concat(command.Options.Select(option => option.Name))) { yield return name; }
        }

        foreach (var root in SettingWords.Roots) { yield return "--" + root; }
    }

    private static string Path(CommandResult result) =>
        result.Parent is CommandResult { Command: not RootCommand } parent ? $"{Path(parent)} {result.Command.Name}" : result.Command.Name;
}
