using System.Net;
using System.Text.Json;
using Bff.Ops;
using Bff.Ops.Health;

namespace Bff.Commands;

/// <summary><c>bff health</c>: for a container's HEALTHCHECK, so it builds no host and asks one question.</summary>
internal static class HealthCommand
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    public static async Task<int> RunAsync(string[] args, bool live)
    {
        var configured = WebApplication.CreateSlimBuilder(args).Configuration[$"{OpsOptions.Section}:{nameof(OpsOptions.Url)}"];
        if (OpsPort.LocalAddress(configured is { Length: > 0 } ? configured : OpsOptions.DefaultUrl) is not { } address)
        {
            await Console.Error.WriteLineAsync($"Bff:Ops:Url: '{configured}' names no port to ask at.");
            return ExitCodes.Configuration;
        }

        var probe = new Uri(address, live ? HealthFeature.LivePath : HealthFeature.ReadyPath);
        try
        {
            using var http = CreateClient();
            using var answer = await http.GetAsync(probe);
            Console.WriteLine(Sentence(answer.StatusCode, live, await answer.Content.ReadAsStringAsync()));
            return answer.StatusCode == HttpStatusCode.OK ? ExitCodes.Ok : ExitCodes.Unreachable;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            Console.WriteLine($"No answer from {probe} (Bff:Ops:Url): {error.GetBaseException().Message}");
            return ExitCodes.Unreachable;
        }
    }

    // We ask ourselves over the loopback interface, where the name in our own certificate is not the one asked for.
    private static HttpClient CreateClient() => new(new HttpClientHandler { UseProxy = false, ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator })
    {
        Timeout = Limit,
    };

    private static string Sentence(HttpStatusCode status, bool live, string body)
    {
        if (status == HttpStatusCode.OK) { return live ? "Bff lives." : "Bff is ready."; }
        var causes = Unhealthy(body).ToList();
        return $"Bff is not ready: {(causes.Count > 0 ? string.Join("; ", causes) : $"the ops port answered {(int)status}")}";
    }

    private static List<string> Unhealthy(string body)
    {
        try
        {
            using var report = JsonDocument.Parse(body);
            return [.. report.RootElement.GetProperty("checks").EnumerateObject()
                .Where(check => check.Value.GetProperty("status").GetString() != "Healthy")
                .Select(check => $"{check.Name}: {(check.Value.TryGetProperty("detail", out var detail) ? detail.GetString() : "unhealthy")}")];
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return [];   // something else listens there
        }
    }
}
