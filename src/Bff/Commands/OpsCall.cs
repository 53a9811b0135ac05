using System.Security.Authentication;
using System.Text.Json;

namespace Bff.Commands;

/// <summary>One question to the ops port of the Bff that runs with this configuration, and what is said when there is no good answer.</summary>
internal static class OpsCall
{
    /// <summary>Ending waits a little for the provider to revoke.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    public static async Task<int> AskAsync(string[] args, HttpMethod method, string path, Func<HttpContent, Task> tell)
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

    /// <summary>Written anew: the serializer escapes all that is not plain ASCII, whatever the response did.</summary>
    public static async Task PrintAsync(HttpContent response) => Console.WriteLine(JsonSerializer.Serialize(await response.ReadFromJsonAsync<JsonElement>()));
}
