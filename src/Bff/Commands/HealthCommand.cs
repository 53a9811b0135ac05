using System.Net;
using System.Text.Json;
using Bff.Ops.Health;

namespace Bff.Commands;

/// <summary><c>bff health</c>: for a container's HEALTHCHECK, so it builds no host and asks one question, for which nobody needs a token.</summary>
internal static class HealthCommand
{
    private const int MaxReport = 64 * 1024;

    private const int MaxCauses = 20;

    private sealed record Cause(string Check, string Detail);

    public static async Task<int> RunAsync(string[] args, bool live, bool json)
    {
        using var http = OpsConnection.OpenForProbe(args);
        if (http is null) { return ExitCodes.Configuration; }
        http.MaxResponseContentBufferSize = MaxReport;   // something else may listen there
        var probe = new Uri(http.BaseAddress!, live ? HealthFeature.LivePath : HealthFeature.ReadyPath);
        try
        {
            using var response = await http.GetAsync(probe);
            var causes = response.StatusCode == HttpStatusCode.OK ? [] : Unhealthy(await response.Content.ReadAsStringAsync());
            return Say(probe, response.StatusCode, Sentence(response.StatusCode, live, causes), causes, json);
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            return Say(probe, status: null, $"No response from {probe} (Bff:Ops:Url): {Printable.Text(error.GetBaseException().Message)}", causes: [], json);
        }
    }

    private static int Say(Uri probe, HttpStatusCode? status, string sentence, IReadOnlyList<Cause> causes, bool json)
    {
        var ok = status == HttpStatusCode.OK;
        Console.WriteLine(
            json
                ? JsonSerializer.Serialize(
                    new { Ok = ok, Asked = probe, Status = (int?)status, Message = sentence, Causes = causes }, JsonSerializerOptions.Web)
                : sentence);
        return ok ? ExitCodes.Ok : ExitCodes.Unreachable;
    }

    private static string Sentence(HttpStatusCode status, bool live, List<Cause> causes)
    {
        if (status == HttpStatusCode.OK) { return live ? "Bff is alive." : "Bff is ready."; }
        var why = causes.Count > 0 ? string.Join("; ", causes.Select(cause => $"{cause.Check}: {cause.Detail}")) : $"the ops port responded with {(int)status}";
        return $"Bff is not ready: {why}";
    }

    private static string Detail(JsonElement check) =>
        check.TryGetProperty("detail", out var detail) && detail.ValueKind == JsonValueKind.String ? Printable.Text(detail.GetString()) : "unhealthy";

    private static List<Cause> Unhealthy(string body)
    {
        try
        {
            using var report = JsonDocument.Parse(body);
            return [.. report.RootElement.GetProperty("checks").EnumerateObject()
                .Where(check => check.Value.GetProperty("status").GetString() != "Healthy").Take(MaxCauses)
                .Select(check => new Cause(Printable.Text(check.Name), Detail(check.Value)))];
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return [];   // something else listens there
        }
    }
}
