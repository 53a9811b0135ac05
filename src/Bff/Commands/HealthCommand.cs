using System.Net;
using System.Text.Json;
using Bff.Ops.Health;

namespace Bff.Commands;

/// <summary><c>bff health</c>: for a container's HEALTHCHECK, so it builds no host and asks one question, for which nobody needs a token.</summary>
internal static class HealthCommand
{
    private const int LongestReport = 64 * 1024;

    private const int MostCauses = 20;

    public static async Task<int> RunAsync(string[] args, bool live)
    {
        using var http = OpsConnection.OpenForProbe(args);
        if (http is null) { return ExitCodes.Configuration; }
        http.MaxResponseContentBufferSize = LongestReport;   // something else may listen there
        var probe = new Uri(http.BaseAddress!, live ? HealthFeature.LivePath : HealthFeature.ReadyPath);
        try
        {
            using var answer = await http.GetAsync(probe);
            Console.WriteLine(Sentence(answer.StatusCode, live, await answer.Content.ReadAsStringAsync()));
            return answer.StatusCode == HttpStatusCode.OK ? ExitCodes.Ok : ExitCodes.Unreachable;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            Console.WriteLine($"No answer from {probe} (Bff:Ops:Url): {Printable.Text(error.GetBaseException().Message)}");
            return ExitCodes.Unreachable;
        }
    }

    private static string Sentence(HttpStatusCode status, bool live, string body)
    {
        if (status == HttpStatusCode.OK) { return live ? "Bff lives." : "Bff is ready."; }
        var causes = Unhealthy(body).ToList();
        return $"Bff is not ready: {(causes.Count > 0 ? string.Join("; ", causes) : $"the ops port answered {(int)status}")}";
    }

    private static string Detail(JsonElement check) =>
        check.TryGetProperty("detail", out var detail) && detail.ValueKind == JsonValueKind.String ? Printable.Text(detail.GetString()) : "unhealthy";

    private static List<string> Unhealthy(string body)
    {
        try
        {
            using var report = JsonDocument.Parse(body);
            return [.. report.RootElement.GetProperty("checks").EnumerateObject()
                .Where(check => check.Value.GetProperty("status").GetString() != "Healthy").Take(MostCauses)
                .Select(check => $"{Printable.Text(check.Name)}: {Detail(check.Value)}")];
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return [];   // something else listens there
        }
    }
}
