using System.Net.Http.Headers;

namespace Bff.HostTests;

/// <summary>Somebody who operates the proxy, at its ops port; keeps everything that was answered.</summary>
internal sealed class OpsClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly List<Answer> _received = [];

    public OpsClient(BffHost bff, string? token = null, string? site = null)
    {
        _http = new HttpClient { BaseAddress = bff.OpsAddress };
        if (token is not null) { _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token); }
        if (site is not null) { _http.DefaultRequestHeaders.Add("Sec-Fetch-Site", site); }
    }

    public IReadOnlyList<Answer> Received => _received;

    public Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<Answer> PostAsync(string path) => SendAsync(HttpMethod.Post, path);

    public Task<Answer> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path);

    /// <summary>The handles a search finds.</summary>
    public async Task<IReadOnlyList<string>> FindAsync(string user = "")
    {
        var answer = await GetAsync("/sessions?user=" + Uri.EscapeDataString(user));
        return [.. answer.Json.GetProperty("sessions").EnumerateArray().Select(session => session.GetProperty("handle").GetString()!)];
    }

    private async Task<Answer> SendAsync(HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, path);
        using var response = await _http.SendAsync(request);
        var answer = await Answer.ReadAsync(response);
        _received.Add(answer);
        return answer;
    }

    public void Dispose() => _http.Dispose();
}
