using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Bff.Commands.Check;

/// <summary><c>bff check</c>: what an operator would find out during the first hour, in one table.</summary>
internal static class CheckCommand
{
    public static async Task<int> RunAsync(WebApplicationBuilder builder)
    {
        builder.Logging.ClearProviders();
        builder.Services.TryAddSingleton<ProviderChecks>();
        builder.Services.TryAddSingleton<StoreChecks>();
        builder.Services.TryAddSingleton<ApiChecks>();
        builder.Services.TryAddSingleton<CertificateChecks>();
        await using var app = builder.Build();

        var findings = await ConfigurationAsync(app);
        if (findings.TrueForAll(finding => finding.Result == Result.Ok)) { findings.AddRange(await WorldAsync(app.Services)); }
        else { Add("everything else", Result.Warning, "not checked until the configuration is right."); }
        Table.Print(findings);
        return ExitCode(findings);

        void Add(string check, Result result, string found) => findings.Add(new(check, result, found));
    }

    private static async Task<List<Finding>> ConfigurationAsync(WebApplication app)
    {
        try
        {
            await app.CheckConfigurationAsync();
            return [new("configuration", Result.Ok)];
        }
        catch (ConfigurationException error)
        {
            return [.. error.Mistakes.Select(mistake => new Finding("configuration", Result.Mistake, mistake))];
        }
    }

    private static async Task<IEnumerable<Finding>> WorldAsync(IServiceProvider services)
    {
        var certificates = services.GetRequiredService<CertificateChecks>();
        var found = await Task.WhenAll(
            services.GetRequiredService<ProviderChecks>().RunAsync(),
            Task.Run(services.GetRequiredService<StoreChecks>().RunAsync),   // SQLite works on the caller's thread
            services.GetRequiredService<ApiChecks>().RunAsync(),
            certificates.ProviderAsync(),
            Task.Run(certificates.Ours));
        return found.SelectMany(findings => findings);
    }

    private static int ExitCode(List<Finding> findings)
    {
        if (findings.Exists(finding => finding.Result == Result.Mistake)) { return ExitCodes.Configuration; }
        return findings.Exists(finding => finding.Result == Result.Unreachable) ? ExitCodes.Unreachable : ExitCodes.Ok;
    }
}
