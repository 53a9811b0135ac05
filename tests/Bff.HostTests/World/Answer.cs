using System.Net;
using System.Text.Json;

namespace Bff.HostTests;

/// <summary>What a browser got back, read to its end.</summary>
internal sealed record Answer(Uri Url, HttpStatusCode Status, IReadOnlyDictionary<string, string[]> Headers, string Body)
{
    public string? Header(string name) => Headers.TryGetValue(name, out var values) ? string.Join(", ", values) : null;

    public string[] SetCookies => Headers.GetValueOrDefault("Set-Cookie") ?? [];

    /// <summary>The one Set-Cookie line of this cookie.</summary>
    public string SetCookie(string name) => SetCookies.Single(line => line.StartsWith(name + "=", StringComparison.Ordinal));

    public Uri? Location => Header("Location") is { } location ? new Uri(Url, location) : null;

    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>The stable word of a problem; null when the answer is none.</summary>
    public string? Code => Header("Content-Type")?.StartsWith("application/problem+json", StringComparison.Ordinal) == true ? Text("code") : null;

    public void ShouldBeProblem(int status, string code)
    {
        ((int)Status).ShouldBe(status, Body);
        Code.ShouldBe(code, Body);
    }

    /// <summary>The page for people carries the word too.</summary>
    public void ShouldSay(string code) => Body.Contains(code, StringComparison.Ordinal).ShouldBeTrue($"{code} is not in: {Body}");

    public string? Text(string property) => Json.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    public static async Task<Answer> ReadAsync(HttpResponseMessage response)
    {
        var headers = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
            .ToDictionary(header => header.Key, header => header.Value.ToArray(), StringComparer.OrdinalIgnoreCase);
        return new Answer(response.RequestMessage!.RequestUri!, response.StatusCode, headers, await response.Content.ReadAsStringAsync());
    }
}
