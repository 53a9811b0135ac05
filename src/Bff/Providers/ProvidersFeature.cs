using Bff.Configuration;
using Bff.Providers.Metadata;
using Bff.Providers.Throttling;
using Bff.Providers.TokenEndpoint;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Bff.Providers;

internal static partial class ProvidersFeature
{
    public static WebApplicationBuilder AddProviders(this WebApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSettings<OidcOptions>("Bff:Oidc").Validate<IHostEnvironment>(
            (oidc, environment) => !oidc.Authority.StartsWith("http:", StringComparison.OrdinalIgnoreCase) || !oidc.MustUseHttps(environment),
            "Bff:Oidc:Authority: must use https (plain http is for a loopback address in Development; see Bff:Oidc:RequireHttps).")
            .Validate<IHostEnvironment>(
            (oidc, environment) => oidc.MetadataAddress?.StartsWith("http:", StringComparison.OrdinalIgnoreCase) != true || !oidc.MustUseHttps(environment),
            "Bff:Oidc:MetadataAddress: must use https wherever the authority must (see Bff:Oidc:RequireHttps).");
        builder.Services.AddSettings<TokenOptions>("Bff:Renewal");
        builder.Services.AddSettings<ThrottlingOptions>("Bff:Renewal");
        builder.Services.AddHttpClient(Provider.HttpClientName)
            .ConfigureHttpClient((services, client) =>
            {
                client.Timeout = services.GetRequiredService<IOptionsMonitor<TokenOptions>>().CurrentValue.TokenTimeout;
                client.MaxResponseContentBufferSize = GatedCalls.MaxAnswer;
            })
            .ConfigurePrimaryHttpMessageHandler(Provider.CreateHandler)
            .AddHttpMessageHandler<GatedCalls>()
            .AddHttpMessageHandler<ProviderWatch>()
            .RemoveAllLoggers();
        builder.Services.AddSingleton<TokenCallGate>().AddTransient<GatedCalls>();
        builder.Services.AddSingleton<Provider>().AddSingleton<ProviderMetrics>().AddTransient<ProviderWatch>().AddSingleton<IdTokenValidator>();
        builder.Services.AddSingleton<TokenEndpointClient>().AddSingleton<SignInClient>();
        return builder;
    }

    public static void WarnOfClearText(this WebApplication app)
    {
        var options = app.Services.GetRequiredService<IOptions<OidcOptions>>().Value;
        if (ProviderRemarks.ClearText(options, app.Environment) is { } remark) { ClearText(app.Logger, remark); }
    }

    [LoggerMessage(LogLevel.Warning, "{Remark}")]
    private static partial void ClearText(ILogger logger, string remark);
}
