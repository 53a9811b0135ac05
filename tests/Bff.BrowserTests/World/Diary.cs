using System.Net.Http.Json;

namespace Bff.BrowserTests.World;

/// <summary>What the provider has noted about its token endpoint since it started.</summary>
internal sealed record Diary(int Issued, int Refreshed, int Reused, int Rejected)
{
    public static async Task<Diary> ReadAsync(string? provider = null)
    {
        using var http = new HttpClient();
        return (await http.GetFromJsonAsync<Diary>(new Uri((provider ?? Demo.ProviderUrl) + "/diary/summary")))!;
    }
}
