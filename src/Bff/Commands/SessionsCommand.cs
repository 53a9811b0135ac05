using System.Globalization;
using System.Text.Json;
using Bff.Configuration;
using Bff.Ops.Admin;

namespace Bff.Commands;

/// <summary><c>bff sessions …</c>: the ops port's admin API from a shell.</summary>
internal static class SessionsCommand
{
    private const int MaxCell = 64;

    public static Task<int> ListAsync(string[] args, string? user, string? frontEnd, string? provider, int take, bool json) =>
        OpsCall.AskAsync(args, HttpMethod.Get, $"{AdminFeature.Path}?{Query(("user", user ?? ""), ("frontEnd", frontEnd), ("provider", provider))}&take={take}",
            async response =>
        {
            if (json) { await OpsCall.PrintAsync(response); }
            else { Print((await response.ReadFromJsonAsync<AdminPage>())!, Columns.Of(args)); }
        });

    public static Task<int> ShowAsync(string[] args, string handle, bool json) =>
        OpsCall.AskAsync(args, HttpMethod.Get, PathOf(handle), async response =>
        {
            if (json) { await OpsCall.PrintAsync(response); }
            else { Print((await response.ReadFromJsonAsync<AdminView>())!, Columns.Of(args)); }
        });

    /// <param name="args">The configuration's.</param>
    /// <param name="handle">One session; null for all of a user.</param>
    /// <param name="user">The user's <c>sub</c>.</param>
    /// <param name="provider">Whose <c>sub</c> it is; null for everybody whom any provider calls so.</param>
    /// <param name="yes">Nobody is asked.</param>
    public static Task<int> EndAsync(string[] args, string? handle, string? user, string? provider, bool yes)
    {
        if (user is not null && !yes && !IsConfirmed($"End all sessions of '{Printable.Text(user)}'{Where(args, provider)}?"))
        {
            return Task.FromResult(ExitCodes.NotDone);
        }

        var path = user is null ? PathOf(handle!) : $"{AdminFeature.Path}?{Query(("user", user), ("provider", provider))}";
        return OpsCall.AskAsync(args, HttpMethod.Delete, path, async response =>
        {
            var answer = await response.ReadFromJsonAsync<JsonElement>();
            var ended = answer.GetProperty("ended").GetInt32();
            Console.WriteLine($"Ended {ended} {(ended == 1 ? "session" : "sessions")}{Shares(answer)}.");
        });
    }

    /// <summary>Two providers may call two people the same.</summary>
    private static string Where(string[] args, string? provider)
    {
        if (provider is not null) { return $" at {Printable.Text(provider)}"; }
        var all = OpsConnection.ReadNames(args).Providers;
        return all.Count == 1 ? "" : $", whoever is called so at {string.Join(", ", all)}";
    }

    private static string Shares(JsonElement answer) =>
        answer.TryGetProperty("endedByProvider", out var shares) && shares.EnumerateObject().Any()
            ? $": {string.Join(", ", shares.EnumerateObject().Select(one => $"{one.Value.GetInt32()} at {Printable.Text(one.Name)}"))}" : "";

    private static string Query(params (string Name, string? Value)[] parameters) =>
        string.Join('&', parameters.Where(one => one.Value is not null).Select(one => $"{one.Name}={Uri.EscapeDataString(one.Value!)}"));

    private static string PathOf(string handle) => $"{AdminFeature.Path}/{Uri.EscapeDataString(handle)}";

    private static bool IsConfirmed(string question)
    {
        if (Console.IsInputRedirected)
        {
            Console.Error.WriteLine($"{question} There is no terminal to confirm at: pass --yes.");
            return false;
        }

        Console.Write($"{question} [y/N] ");
        return Console.ReadLine()?.Trim() is "y" or "Y" or "yes";
    }

    /// <summary>What is shown of names: nothing where there is one only, as far as the settings here and the response say.</summary>
    private readonly record struct Columns(bool FrontEnd, bool Provider)
    {
        public static Columns Of(string[] args)
        {
            var (frontEnds, providers) = OpsConnection.ReadNames(args);
            return new(frontEnds.Count > 1, providers.Count > 1);
        }

        public Columns With(params IEnumerable<AdminView> sessions) => new(
            FrontEnd || sessions.Any(session => session.FrontEnd != SettingsSection.Default),
            Provider || sessions.Any(session => session.Provider != SettingsSection.Default));
    }

    private static void Print(AdminPage page, Columns columns)
    {
        columns = columns.With(page.Sessions);
        var names = (columns.FrontEnd ? "{5,-16}  " : "") + (columns.Provider ? "{6,-16}  " : "");
        var row = $$"""{0,-16}  {1,-24}  {2,-24}  {3,-20}  {4,-20}  {{names}}{7}""";
        Write("HANDLE", "SUBJECT", "NAME", "STARTED (UTC)", "NEXT RENEWAL", "FRONT END", "PROVIDER", "FAILURES");
        foreach (var session in page.Sessions)
        {
            Write(session.Handle, session.Sub, session.Name, Time(session.CreatedAt), session.RenewsAt is { } due ? Time(due) : session.Renewal,
                session.FrontEnd, session.Provider, session.Failures == 0 ? "" : $"{session.Failures} ({session.LastError})");
        }

        if (page.Next is not null) { Console.WriteLine("There are more sessions: narrow the list with --user, or raise --take."); }

        void Write(params string[] cells) =>
            Console.WriteLine(string.Format(CultureInfo.InvariantCulture, row, [.. cells.Select(cell => Printable.Text(cell, MaxCell))]).TrimEnd());
    }

    private static void Print(AdminView session, Columns columns)
    {
        columns = columns.With(session);
        Write("Handle", session.Handle);
        Write("Subject", session.Sub);
        Write("Name", session.Name);
        if (columns.FrontEnd) { Write("Front end", session.FrontEnd); }
        if (columns.Provider) { Write("Provider", session.Provider); }
        Write("Started", Time(session.CreatedAt));
        Write("Idle timeout", Time(session.EndsAt));
        Write("Absolute timeout", Time(session.AbsoluteEndsAt));
        Write("Token expires", session.AccessTokenExpiresAt is { } expiry ? Time(expiry) : "unreadable");
        foreach (var token in session.ApiTokens ?? [])
        {
            Write("Token for an API", $"{token.Api}: {(token.ExpiresAt is { } end ? Time(end) : "none")}{(token.Error is null ? "" : $" ({token.Error})")}");
        }

        Write("Next renewal", session.RenewsAt is { } due ? Time(due) : "-");
        Write("Renewal", session.Renewal);
        Write("Renewals", $"{session.Renewals}");
        Write("Failures", session.Failures == 0 ? "0" : $"{session.Failures} in a row, most recently {session.LastError}");

        static void Write(string name, string value) => Console.WriteLine($"{name,-20}{Printable.Text(value)}");
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
