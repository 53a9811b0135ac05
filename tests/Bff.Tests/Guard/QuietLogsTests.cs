using Bff.Configuration;
using Bff.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Bff.Tests.Guard;

[Trait("Standard", "HARD-14")]
public class QuietLogsTests
{
    [Theory]
    [InlineData("Logging:LogLevel:Default")]
    [InlineData("Logging:LogLevel:Microsoft.AspNetCore")]
    [InlineData("Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics")]
    [InlineData("Logging:Recorder:LogLevel:Default")]
    [InlineData("Logging:LogLevel:*Hosting.Diagnostics")]
    [InlineData("Logging:Recorder:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics")]
    public void The_request_line_stays_silent_whatever_is_configured(string key) =>
        Lines(key, "Trace", "Microsoft.AspNetCore.Hosting.Diagnostics").ShouldBe([LogLevel.Warning, LogLevel.Error]);

    [Fact]
    public void A_deeper_category_is_held_too() =>
        Lines(
            "Logging:LogLevel:Microsoft.AspNetCore.Authentication.OpenIdConnect.OpenIdConnectHandler",
            "Trace",
            "Microsoft.AspNetCore.Authentication.OpenIdConnect.OpenIdConnectHandler")
            .ShouldBeEmpty();

    [Theory]
    [InlineData("Microsoft.AspNetCore.Routing.Matching.DfaMatcher")]
    [InlineData("Microsoft.AspNetCore.Cors.Infrastructure.CorsService")]
    [InlineData("Microsoft.AspNetCore.HostFiltering.HostFilteringMiddleware")]
    [InlineData("Microsoft.AspNetCore.HttpOverrides.ForwardedHeadersMiddleware")]
    [InlineData("Microsoft.AspNetCore.Http.Result.RedirectResult")]
    [InlineData("Microsoft.AspNetCore.Http.RequestDelegateGenerator.RequestDelegateGenerator")]
    [InlineData("Microsoft.AspNetCore.Authentication.Cookies.CookieAuthenticationHandler")]
    [InlineData("Microsoft.AspNetCore.SomethingNew")]
    public void A_framework_category_that_quotes_callers_says_only_what_is_wrong(string category) =>
        Lines("Logging:LogLevel:" + category, "Trace", category).ShouldBe([LogLevel.Warning, LogLevel.Error]);

    [Fact]
    public void Bad_requests_are_not_quoted() =>
        Lines(
            "Logging:LogLevel:Default",
            "Trace",
            "Microsoft.AspNetCore.Server.Kestrel.BadRequests").ShouldBe([LogLevel.Information, LogLevel.Warning, LogLevel.Error]);

    [Fact]
    public void What_is_configured_quieter_stays_quieter() =>
        Lines("Logging:LogLevel:Microsoft.AspNetCore", "Error", "Microsoft.AspNetCore.Authentication.X").ShouldBe([LogLevel.Error]);

    [Fact]
    public void Other_categories_follow_the_configuration() =>
        Lines("Logging:LogLevel:Default", "Debug", "Bff.Renewal").ShouldBe([LogLevel.Debug, LogLevel.Information, LogLevel.Warning, LogLevel.Error]);

    private static List<LogLevel> Lines(string key, string level, string category)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { [key] = level }).Build();
        var recorder = new Recorder();
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddConfiguration(configuration.GetSection("Logging")).AddProvider(recorder));
        QuietLogs.Apply(services);
        using var provider = services.BuildServiceProvider();
        var logger = provider.GetRequiredService<ILoggerFactory>().CreateLogger(category);
        foreach (var each in new[] { LogLevel.Trace, LogLevel.Debug, LogLevel.Information, LogLevel.Warning, LogLevel.Error })
        {
            logger.Log(each, default, "line", null, (line, _) => line);
        }
        return recorder.Levels;
    }

    [ProviderAlias("Recorder")]
    private sealed class Recorder : ILoggerProvider, ILogger
    {
        public List<LogLevel> Levels { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Levels.Add(logLevel);

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Dispose()
        {
        }
    }
}
