using System.Net.Http.Headers;
using Bff.Ops;

namespace Bff.Commands;

/// <summary>The ops port of the Bff that runs on this machine with the same configuration.</summary>
internal static class OpsConnection
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <returns>Null when the configuration names no port; that has been said then.</returns>
    public static HttpClient? Open(string[] args, TimeSpan? limit = null)
    {
        var options = WebApplication.CreateSlimBuilder(args).Configuration.GetSection(OpsOptions.Section).Get<OpsOptions>() ?? new OpsOptions();
        if (OpsPort.LocalAddress(options.Url is { Length: > 0 } url ? url : OpsOptions.DefaultUrl) is not { } address)
        {
            Console.Error.WriteLine($"Bff:Ops:Url: '{options.Url}' names no port to ask at.");
            return null;
        }

        // We ask ourselves over the loopback interface, where the name in our own certificate is not the one asked for.
        var http = new HttpClient(new HttpClientHandler { UseProxy = false, ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator })
        {
            BaseAddress = address, Timeout = limit ?? Limit,
        };
        if (options.EffectiveToken is { Length: > 0 } token) { http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token); }
        return http;
    }
}
