using Bff.ClientTokens;
using Bff.Providers.Named;
using Bff.Providers.Throttling;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;

namespace Bff.HostTests;

/// <summary>The real Program on a real Kestrel port, as in production except for the clock.</summary>
internal sealed class BffHost : WebApplicationFactory<Program>
{
    private readonly IReadOnlyDictionary<string, string?> _settings;
    private readonly IConfigurationSource? _source;

    public BffHost(IReadOnlyDictionary<string, string?> settings, TimeProvider clock, IConfigurationSource? source = null)
    {
        (_settings, Clock, _source) = (settings, clock, source);
        UseKestrel();
    }

    public TimeProvider Clock { get; }

    public CapturedLogs Logs { get; } = new();

    public ConsoleLines Console { get; private set; } = null!;

    public Uri Address { get; private set; } = new("http://localhost");

    public Uri OpsAddress { get; private set; } = new("http://localhost");

    /// <summary>Where a gateway asks, where there is one; else a public address.</summary>
    public Uri GatewayAddress { get; private set; } = new("http://localhost");

    /// <summary>A circuit breaker of it is open.</summary>
    public bool LeavesProviderAlone => Services.GetRequiredService<ProviderSet>().All.Any(provider => provider.Gate.State == BreakerState.Open);

    /// <summary>It is getting no token of the application's own.</summary>
    public bool IsIdle => Services.GetRequiredService<ClientTokenSource>().IsIdle;

    public BffHost Start()
    {
        StartServer();
        Console = Services.GetServices<ILoggerProvider>().OfType<ConsoleLines>().Single();
        var addresses = Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses;
        Address = new UriBuilder(addresses.First()) { Host = "localhost" }.Uri;
        OpsAddress = new Uri(addresses.Last());
        GatewayAddress = new Uri(addresses.SkipLast(1).Last());   // endpoints are in the order of their names
        return this;
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment("Production").UseUrls("http://127.0.0.1:0");
        foreach (var (key, value) in _settings.Where(setting => setting.Value is not null)) { builder.UseSetting(key, value); }
        if (_source is not null) { builder.ConfigureAppConfiguration((_, configuration) => configuration.Add(_source)); }
        builder.ConfigureLogging(logging => logging.AddProvider(Logs));
        builder.ConfigureTestServices(services =>
        {
            services.AddSingleton(Clock).AddSingleton<ILoggerProvider, ConsoleLines>();

            // Else a timer of two real minutes keeps all of a host that is gone, and there are three hosts a second.
            services.PostConfigureAll<HttpClientFactoryOptions>(clients => clients.HandlerLifetime = Timeout.InfiniteTimeSpan);
        });
    }
}
