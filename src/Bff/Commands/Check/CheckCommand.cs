using System.Text.Json;
using System.Text.Json.Serialization;
using Bff.Configuration;
using Bff.Providers.Named;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Bff.Commands.Check;

/// <summary><c>bff check</c>: what an operator would find out during the first hour, in one table.</summary>
internal static class CheckCommand
{
    private static readonly JsonSerializerOptions Json =
        new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    public static async Task<int> RunAsync(WebApplicationBuilder builder, bool json)
    {
        builder.Logging.ClearProviders();
        builder.Services.TryAddSingleton<StoreChecks>();
        builder.Services.TryAddSingleton<ApiChecks>();
        builder.Services.TryAddSingleton<RouteChecks>();
        builder.Services.TryAddSingleton<CertificateChecks>();
        builder.Services.TryAddSingleton<FrontEndSignIns>();
        await using var app = builder.Build();

        var findings = await ConfigurationAsync(app);
        if (findings.TrueForAll(finding => finding.Result == Result.Ok)) { findings.AddRange(await WorldAsync(app.Services)); }
        else { findings.Add(new("everything else", Result.Warning, "not checked until the configuration is correct.")); }

        var printed = new SecretMask(new SettingsSchema(app.Services.GetServices<SettingsSection>()));
        var values = app.Services.GetRequiredService<AcceptedConfiguration>().Values;
        var shown = findings.Select(
            finding => finding with { Found = string.Join('\n', finding.Found.Split('\n').Select(line => printed.Scrub(line, values))) });
        if (json) { Console.WriteLine(JsonSerializer.Serialize(new { ExitCode = ExitCode(findings), Findings = shown }, Json)); }
        else { Table.Print(shown); }
        return ExitCode(findings);
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
        var providers = services.GetRequiredService<ProviderSet>().All;
        var found = await Task.WhenAll(
        [
            Task.FromResult(services.GetRequiredService<RouteChecks>().Run()),
            .. providers.Select(provider => ActivatorUtilities.CreateInstance<ProviderChecks>(services, provider).RunAsync()),
            Task.Run(services.GetRequiredService<StoreChecks>().RunAsync),   // SQLite works on the caller's thread
            services.GetRequiredService<ApiChecks>().RunAsync(),
            .. providers.Select(certificates.ProviderAsync),
            Task.Run(certificates.Ours),
            .. providers.Select(provider => Task.FromResult(certificates.Client(provider))),
        ]);
        return found.SelectMany(findings => findings);
    }

    private static int ExitCode(List<Finding> findings)
    {
        if (findings.Exists(finding => finding.Result == Result.Mistake)) { return ExitCodes.Configuration; }
        return findings.Exists(finding => finding.Result == Result.Unreachable) ? ExitCodes.Unreachable : ExitCodes.Ok;
    }
}
