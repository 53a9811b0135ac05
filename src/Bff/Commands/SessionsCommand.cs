using System.Globalization;
using System.Security.Authentication;
using System.Text.Json;
using Bff.Ops.Admin;

namespace Bff.Commands;

/// <summary><c>bff sessions …</c>: the ops port's admin API from a shell.</summary>
internal static class SessionsCommand
{
    /// <summary>Ending waits a little for the provider to revoke.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    private const int MaxCell = 64;

    public static Task<int> ListAsync(string[] args, string? user, int take, bool json) =>
        AskAsync(args, HttpMethod.Get, $"{AdminFeature.Path}?user={Uri.EscapeDataString(user ?? "")}&take={take}", async response =>
        {
            if (json) { await PrintAsync(response); }
            else { Print((await response.ReadFromJsonAsync<AdminPage>())!); }
        });

    public static Task<int> ShowAsync(string[] args, string handle, bool json) =>
        AskAsync(args, HttpMethod.Get, PathOf(handle), async response =>
        {
            if (json) { await PrintAsync(response); }
            else { Print((await response.ReadFromJsonAsync<AdminView>())!); }
        });

    public static Task<int> EndAsync(string[] args, string? handle, string? user, bool yes)
    {
        if (user is not null && !yes && !IsConfirmed($"End all sessions of '{Printable.Text(user)}'?")) { return Task.FromResult(ExitCodes.NotDone); }
        return AskAsync(args, HttpMethod.Delete, user is null ? PathOf(handle!) : $"{AdminFeature.Path}?user={Uri.EscapeDataString(user)}", async response =>
        {
            var ended = (await response.ReadFromJsonAsync<JsonElement>()).GetProperty("ended").GetInt32();
            Console.WriteLine($"Ended {ended} {(ended == 1 ? "session" : "sessions")}.");
        });
    }

    private static string PathOf(string handle) => $"{AdminFeature.Path}/{Uri.EscapeDataString(handle)}";

    private static async Task<int> AskAsync(string[] args, HttpMethod method, string path, Func<HttpContent, Task> tell)
    {
        using var http = OpsConnection.OpenForOperator(args, Limit);
        if (http is null) { return ExitCodes.Configuration; }
        try
        {
            using var request = new HttpRequestMessage(method, path);
            using var response = await http.SendAsync(request);
            if (response.IsSuccessStatusCode)
            {
                await tell(response.Content);
                return ExitCodes.Ok;
            }

            await Console.Error.WriteLineAsync(await ProblemAsync(response));
        }
        catch (HttpRequestException error) when (error.GetBaseException() is AuthenticationException)
        {
            await Console.Error.WriteLineAsync(
                $"The certificate at {http.BaseAddress} (Bff:Ops:Url) is neither the one Bff is configured with nor trusted by this machine for that name. "
                + "The token was not sent.");
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            await Console.Error.WriteLineAsync($"No response from {http.BaseAddress} (Bff:Ops:Url): {Printable.Text(error.GetBaseException().Message)}");
        }
        catch (JsonException)
        {
            await Console.Error.WriteLineAsync($"What responds at {http.BaseAddress} (Bff:Ops:Url) is not Bff.");
        }

        return ExitCodes.Unreachable;
    }

    private static async Task<string> ProblemAsync(HttpResponseMessage response)
    {
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        return $"{Word("title")} {Word("detail")} ({(int)response.StatusCode})";

        string Word(string name) =>
            problem.ValueKind == JsonValueKind.Object && problem.TryGetProperty(name, out var text) ? Printable.Text(text.ToString()) : "";
    }

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

    /// <summary>Written anew: the serializer escapes all that is not plain ASCII, whatever the response did.</summary>
    private static async Task PrintAsync(HttpContent response) => Console.WriteLine(JsonSerializer.Serialize(await response.ReadFromJsonAsync<JsonElement>()));

    private static void Print(AdminPage page)
    {
        const string row = "{0,-16}  {1,-24}  {2,-24}  {3,-20}  {4,-20}  {5}";
        Write("HANDLE", "SUBJECT", "NAME", "STARTED (UTC)", "NEXT RENEWAL", "FAILURES");
        foreach (var session in page.Sessions)
        {
            Write(session.Handle, session.Sub, session.Name, Time(session.CreatedAt), session.RenewsAt is { } due ? Time(due) : session.Renewal,
                session.Failures == 0 ? "" : $"{session.Failures} ({session.LastError})");
        }

        if (page.Next is not null) { Console.WriteLine("There are more sessions: narrow the list with --user, or raise --take."); }

        static void Write(params string[] cells) =>
            Console.WriteLine(string.Format(CultureInfo.InvariantCulture, row, [.. cells.Select(cell => Printable.Text(cell, MaxCell))]).TrimEnd());
    }

    private static void Print(AdminView session)
    {
        Write("Handle", session.Handle);
        Write("Subject", session.Sub);
        Write("Name", session.Name);
        Write("Started", Time(session.CreatedAt));
        Write("Idle timeout", Time(session.EndsAt));
        Write("Absolute timeout", Time(session.AbsoluteEndsAt));
        Write("Token expires", session.AccessTokenExpiresAt is { } expiry ? Time(expiry) : "unreadable");
        Write("Next renewal", session.RenewsAt is { } due ? Time(due) : "-");
        Write("Renewal", session.Renewal);
        Write("Renewals", $"{session.Renewals}");
        Write("Failures", session.Failures == 0 ? "0" : $"{session.Failures} in a row, most recently {session.LastError}");

        static void Write(string name, string value) => Console.WriteLine($"{name,-20}{Printable.Text(value)}");
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
