using Bff.Configuration;
using Bff.Providers.ClientAuthentication;
using Bff.Providers.Metadata;
using Bff.Providers.Named;
using Bff.Providers.Throttling;
using Bff.Providers.TokenEndpoint;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Bff.Providers;

internal static partial class ProvidersFeature
{
    public static WebApplicationBuilder AddProviders(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.TryAddSingleton(TimeProvider.System);
        var names = ProviderNames.Of(builder.AcceptedConfiguration()).All;
        if (names.Contains(ClientRegistration.DefaultName) && !IsMisnamed(builder.AcceptedConfiguration()))
        { services.AddSettings<OidcOptions>(ClientRegistration.DefaultSection, Preset);
        }

        services.AddNamedSettings<OidcOptions>(ClientRegistration.NamedSection, names.Where(name => name != ClientRegistration.DefaultName), Preset);
        services.AddSingleton<IValidateOptions<OidcOptions>, HttpsRequired>().AddSingleton<IValidateOptions<OidcOptions>, CredentialsCheck>()
            .AddSingleton(new ConfigurationRule(Twins));
        services.AddSettings<TokenOptions>("Bff:Renewal");
        services.AddSettings<ThrottlingOptions>("Bff:Renewal");
        services.AddSingleton(new ProviderNames(names)).AddSingleton<ProviderMetrics>().AddSingleton<CallSharing>();
        foreach (var name in names) { services.AddProviderHttpClient(name); }
        services.AddSingleton(provider => new ProviderSet(names.Select(name => Open(name, provider))));
        return builder;
    }

    /// <summary>What belongs into <c>Bff:Oidc</c> has been given below <c>Bff:Providers</c>, which is the mistake, and not that there is nothing.</summary>
    private static bool IsMisnamed(IConfiguration configuration) =>
        configuration.GetSection(ClientRegistration.NamedSection).GetSection(ClientRegistration.DefaultName).Exists()
        && !configuration.GetSection(ClientRegistration.DefaultSection).Exists();

    /// <summary>Sessions are found by the client they are of, so one client is one provider.</summary>
    private static IEnumerable<string> Twins(IConfiguration configuration)
    {
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in ProviderNames.Of(configuration).All)
        {
            var section = configuration.GetSection(ClientRegistration.SectionOf(name));
            var client = $"{section[nameof(OidcOptions.Authority)]?.TrimEnd('/')}\n{section[nameof(OidcOptions.ClientId)]}";
            if (client == "\n" || seen.TryAdd(client, name)) { continue; }
            yield return $"{section.Path}:{nameof(OidcOptions.ClientId)}: is that of {seen[client]} at the same Authority. Use one of them at both front ends.";
        }
    }

    private static IEnumerable<(string Key, string Value)> Preset(string name) =>
        (Presets.Find(name) ?? []).Select(line => (line.Key, line.Value));

    private static Provider Open(string name, IServiceProvider services)
    {
        var registration = ActivatorUtilities.CreateInstance<ClientRegistration>(services, name);
        var metadata = ActivatorUtilities.CreateInstance<ProviderMetadata>(services, registration);
        var idTokens = ActivatorUtilities.CreateInstance<IdTokenValidator>(services, registration, metadata);
        var authenticator = ActivatorUtilities.CreateInstance<ClientAuthenticator>(services, registration);
        var claims = ActivatorUtilities.CreateInstance<UserClaims>(services, registration);
        var proofs = ActivatorUtilities.CreateInstance<EndpointProofs>(services);
        return new Provider(
            registration, metadata, authenticator, ActivatorUtilities.CreateInstance<TokenCallGate>(services), idTokens,
            ActivatorUtilities.CreateInstance<LogoutTokenValidator>(services, registration, metadata, idTokens),
            ActivatorUtilities.CreateInstance<TokenEndpointClient>(services, registration, metadata, authenticator, proofs, idTokens, claims),
            ActivatorUtilities.CreateInstance<SignInClient>(services, registration, metadata, authenticator, proofs),
            ActivatorUtilities.CreateInstance<UserInfoClient>(services, registration, metadata, idTokens), claims);
    }

    private static void AddProviderHttpClient(this IServiceCollection services, string name) =>
        services.AddHttpClient(ClientRegistration.HttpClientNameOf(name))
            .ConfigureHttpClient((services, client) =>
            {
                client.Timeout = services.GetRequiredService<IOptionsMonitor<TokenOptions>>().CurrentValue.TokenTimeout;
                client.MaxResponseContentBufferSize = GatedCalls.MaxAnswer;
            })
            .ConfigurePrimaryHttpMessageHandler(
                services => new ClientCertificateHandler(ProviderOf(services, name).Registration, ProviderMetadata.CreateHandler))
            .AddHttpMessageHandler(services => ActivatorUtilities.CreateInstance<GatedCalls>(services, name, ProviderOf(services, name).Gate))
            .AddHttpMessageHandler(services => ActivatorUtilities.CreateInstance<ProviderWatch>(
                services, ProviderOf(services, name).Registration, ProviderOf(services, name).Metadata))
            .RemoveAllLoggers();

    private static Provider ProviderOf(IServiceProvider services, string name) => services.GetRequiredService<ProviderSet>()[name];

    public static void WarnOfClients(this WebApplication app)
    {
        foreach (var provider in app.Services.GetRequiredService<ProviderSet>().All)
        {
            var (options, section) = (provider.Options, provider.Registration.Section);
            if (ProviderRemarks.ClearText(options, section, app.Environment) is { } clearText) { Remark(app.Logger, clearText); }
            if (ProviderRemarks.PublicClient(options, section) is { } publicClient) { Remark(app.Logger, publicClient); }
            if (ProviderRemarks.AnyTenant(options, section) is { } anyTenant) { Remark(app.Logger, anyTenant); }
        }
    }

    private sealed class HttpsRequired(IHostEnvironment environment) : IValidateOptions<OidcOptions>
    {
        public ValidateOptionsResult Validate(string? name, OidcOptions options)
        {
            if (!options.MustUseHttps(environment)) { return ValidateOptionsResult.Success; }
            var section = ClientRegistration.SectionOf(name ?? "");
            var mistakes = new List<string>();
            if (options.Authority.StartsWith("http:", StringComparison.OrdinalIgnoreCase))
            {
                mistakes.Add($"{section}:Authority: must use https (plain http is for a loopback address in Development; see {section}:RequireHttps).");
            }

            if (options.MetadataAddress?.StartsWith("http:", StringComparison.OrdinalIgnoreCase) == true)
            {
                mistakes.Add($"{section}:MetadataAddress: must use https wherever the authority must (see {section}:RequireHttps).");
            }

            foreach (var (key, address) in options.Endpoints.Select(endpoint => ($"Endpoints:{endpoint.Key}", (string?)endpoint.Value))
                .Append(("Logout:Address", options.Logout.Address)))
            {
                if (address?.StartsWith("http:", StringComparison.OrdinalIgnoreCase) == true)
                {
                    mistakes.Add($"{section}:{key}: must use https wherever the authority must (see {section}:RequireHttps).");
                }
            }

            return mistakes.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(mistakes);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Remark}")]
    private static partial void Remark(ILogger logger, string remark);
}
