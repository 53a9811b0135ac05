using System.CommandLine;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Bff.Commands;

namespace Bff.Tests.Documentation;

/// <summary>The other tables of docs/reference.md that can be held without starting the program.</summary>
public sealed partial class ReferenceTests
{
    private static readonly string Page = Repository.Read("docs/reference.md");

    private static readonly BindingFlags AnyConstant = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>Constants called Max or Min that nobody outside would notice: lengths of what is printed, sizes of batches, pauses within a step.</summary>
    private static readonly string[] Internal =
    [
        "AccessLog.MaxAgent", "AccessLog.MaxPath", "AdminAudit.MaxRemembered", "BackupCipher.MaxIterations", "Drain.MaxClosed", "HeaderNameList.MaxLength",
        "ClientKey.MaxLabel", "ClientTokenSource.MaxPoll", "IdentityHeaders.MaxLines",
        "HealthCommand.MaxCauses", "HealthCommand.MaxReport", "HealthFeature.MaxDetail", "LiveKeys.MaxBlockedThreads", "LiveKeys.MinPause",
        "LoginParameters.MaxPrintedName", "OidcChallenge.MaxReason", "ProviderMetadata.MaxRefreshesForStrangers", "Overview.MaxDetail", "Overview.MinFailures",
        "RedisChanges.MaxNodes", "RedisChanges.MaxPayload", "RedisChanges.MaxWaiting", "RedisSessionStore.MaxBatches", "RedisSessionStore.MaxUndos",
        "ShardedScripts.MaxShare",
        "PostgreSqlChanges.MaxWaiting", "Printable.MaxText", "Printable.MaxWord", "ProviderChecks.MaxClockSkew", "RateLimitOptions.MaxLimit",
        "RenewalJudge.MaxCountedFailures", "RenewalLeases.MaxPoll", "RenewalSchedule.MaxBatch", "RenewalSchedule.MaxSleep", "RenewalSchedule.MinSleep",
        "RenewalSchedule.MaxOversleep",
        "RenewalWriter.MaxRetry", "RequestHeaderFilter.MaxNameLength", "RequestHeaderFilter.MaxReported", "RoutesView.Max", "SecretMask.MaxMessage",
        "SessionsCommand.MaxCell", "SignInFailure.MaxDescription", "SqlStatements.MaxBatches", "SqliteWrites.MaxTogether",
        "StartFailure.MaxLine", "SessionCounts.MaxOutlookAge",
        "StoreHealth.MaxReason", "StreamPolicy.MaxActivityTimeout", "StreamPolicy.MinActivityTimeout",
        "StoreHealth.MinLogPause", "Suggestion.MaxDistance", "Table.MaxLine", "UpstreamHeaders.MaxRemembered", "UserClaims.MaxNamed",
    ];

    [Fact]
    public void Every_problem_in_the_source_has_its_row_and_every_row_is_in_the_source()
    {
        var rows = MarkdownTable.Rows(Page, "Error codes").Select(cells => (Status: cells[0], Code: MarkdownTable.Code(cells[1]).Single())).ToHashSet();
        var source = Repository.Sources().Select(File.ReadAllText).ToList();

        var thrown = source.SelectMany(text => NewProblem().Matches(text))
            .Select(match => (Status: match.Groups["status"].Value, Code: match.Groups["code"].Value)).ToHashSet();
        thrown.Count.ShouldBeGreaterThan(30);
        thrown.Except(rows).ShouldBeEmpty("a problem of the source that the page does not know");
        rows.Select(row => row.Code).Distinct().Where(code => !source.Exists(text => text.Contains($"\"{code}\"", StringComparison.Ordinal)))
            .ShouldBeEmpty("a code that the source does not know");
        MarkdownTable.Rows(Page, "Error codes").Where(cells => string.IsNullOrEmpty(cells[2])).ShouldBeEmpty();

        // A problem whose code is no literal would escape; these are the helpers that take one, and their callers' codes.
        source.SelectMany(text => ProblemByName().Matches(text)).Select(match => match.Groups["name"].Value).Distinct().Order(StringComparer.Ordinal)
            .ShouldBe(["Code", "RateLimits.Code", "code"]);
        source.SelectMany(text => Helper().Matches(text)).Select(match => match.Groups["code"].Value).Except(rows.Select(row => row.Code)).ShouldBeEmpty();
    }

    [Fact]
    public void Every_command_has_its_row_with_its_options_and_exit_codes()
    {
        var expected = Leaves(CommandLine.Describe([], null!, null!), "bff")
            .Select(leaf => $"{leaf.Path} | {Options(leaf.Command)} | {ExitCodesOf(leaf.Command)}");
        var documented = MarkdownTable.Rows(Page, "Commands")
            .Select(cells => $"{MarkdownTable.Code(cells[0])[0]} | {string.Join(' ', MarkdownTable.Code(cells[1]))} | {cells[2]}");

        documented.Order(StringComparer.Ordinal).ShouldBe(expected.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_exit_code_has_its_row() =>
        MarkdownTable.Rows(Page, "Exit codes").Select(cells => int.Parse(cells[0], CultureInfo.InvariantCulture))
            .ShouldBe(typeof(ExitCodes).GetFields(AnyConstant).Select(field => (int)field.GetValue(null)!).Distinct().Order());

    [Fact]
    public void Every_fixed_limit_has_the_value_of_its_constant()
    {
        var rows = MarkdownTable.Rows(Page, "Fixed limits");

        rows.Count.ShouldBeGreaterThan(30);
        rows.Select(cells => (cells[0], Name: MarkdownTable.Code(cells[2]).Single(), Said: MarkdownTable.Code(cells[1]).Single()))
            .Where(row => Value(row.Name) != row.Said).Select(row => $"{row.Name} is {Value(row.Name)}, not {row.Said}").ShouldBeEmpty();
    }

    [Fact]
    public void A_limit_that_is_new_has_its_row_too()
    {
        var documented = MarkdownTable.Rows(Page, "Fixed limits").Select(cells => MarkdownTable.Code(cells[2]).Single());
        var constants = from type in Product.Assemblies.SelectMany(assembly => assembly.GetTypes())
                        from field in type.GetFields(AnyConstant)
                        where field.Name.StartsWith("Max", StringComparison.Ordinal) || field.Name.StartsWith("Min", StringComparison.Ordinal)
                        where field.FieldType == typeof(int) || field.FieldType == typeof(long) || field.FieldType == typeof(TimeSpan)
                        select $"{type.Name}.{field.Name}";

        constants.Except(documented).Except(Internal).ShouldBeEmpty("add a row to docs/reference.md, or name it among those nobody outside would notice");
    }

    [Fact]
    public void Every_audit_event_has_its_row_and_number()
    {
        var events = (string[])typeof(Audit).GetField("Events", AnyConstant)!.GetValue(null)!;

        MarkdownTable.Rows(Repository.Read("docs/telemetry.md"), "Audit stream").Select(cells => $"{cells[0]} {MarkdownTable.Code(cells[1]).Single()}")
            .ShouldBe(events.Select((name, i) => $"{i + 1} {name}"));
    }

    private static IEnumerable<(string Path, Command Command)> Leaves(Command command, string path) => command.Subcommands.Count > 0
        ? command.Subcommands.SelectMany(sub => Leaves(sub, $"{path} {sub.Name}")) : [(path, command)];

    private static string Options(Command command) => string.Join(' ', command.Arguments.Select(argument => argument.Name.ToUpperInvariant())
        .Concat(command.Options.Select(option => option.Name)));

    private static string ExitCodesOf(Command command) => command.Description!.Split("Exit code:") is [_, var codes]
        ? string.Join(", ", ExitCode().Matches(codes).Select(match => match.Value)) : ExitCodesOf(command.Parents.OfType<Command>().Single());

    /// <summary>A constant by type and name: a duration as it would be written in a configuration, bytes as KB or MB.</summary>
    private static string Value(string name)
    {
        var (type, field) = name.Split('.') is [var before, var after] ? (before, after) : throw new ArgumentException(name);
        var candidates = Product.Assemblies.SelectMany(assembly => assembly.GetTypes()).Where(candidate => candidate.Name == type)
            .Select(candidate => candidate.GetField(field, AnyConstant));
        return candidates.FirstOrDefault(found => found is not null)?.GetValue(null) switch
        {
            null => "not there",
            TimeSpan time => OptionText.Duration(time),
            var value => Convert.ToInt64(value, CultureInfo.InvariantCulture).ToString("N0", CultureInfo.InvariantCulture),
        };
    }

    [GeneratedRegex("""(?:Problem\(|new\()\s*(?:StatusCodes\.Status)?(?<status>[1-5][0-9]{2})\w*,\s*"(?<code>[a-z_]+)["]""", RegexOptions.ExplicitCapture)]
    private static partial Regex NewProblem();

    [GeneratedRegex(@"(?:Problem\(|new\()\s*StatusCodes\.\w+,\s*(?<name>[\w.]+)", RegexOptions.ExplicitCapture)]
    private static partial Regex ProblemByName();

    [GeneratedRegex("""\b(Forbidden|Invalid)\(\s*"(?<code>[a-z_]+)["]""", RegexOptions.ExplicitCapture)]
    private static partial Regex Helper();

    [GeneratedRegex(@"\b[0-9]{1,2}\b")]
    private static partial Regex ExitCode();
}
