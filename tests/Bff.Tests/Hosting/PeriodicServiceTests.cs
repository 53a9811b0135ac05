using System.Collections.Concurrent;
using Bff.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Bff.Tests.Hosting;

public sealed class PeriodicServiceTests : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider _clock = new();
    private readonly Lines _lines = new();

    public void Dispose() => _lines.Dispose();

    /// <summary>Nobody catches the cancellation: not the service, and the host neither logs it nor stops for it.</summary>
    [Fact]
    public async Task A_run_that_fails_is_not_the_last_and_a_service_that_is_stopped_fails_nobody()
    {
        using var host = new HostBuilder()
            .ConfigureLogging(logging => logging.AddProvider(_lines).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.None))
            .ConfigureServices(services => services.AddSingleton<TimeProvider>(_clock).AddSingleton<Ticking>()
            .AddHostedService(provider => provider.GetRequiredService<Ticking>()))
            .Build();
        var ticking = host.Services.GetRequiredService<Ticking>();
        await host.StartAsync(TestContext.Current.CancellationToken);
        await ticking.RunsAsync(1);
        _clock.Advance(Interval);
        await ticking.RunsAsync(2);

        await host.StopAsync(TestContext.Current.CancellationToken);

        ticking.ExecuteTask!.IsCanceled.ShouldBeTrue();
        _lines.Written.ShouldBe(["Ticking failed; tried again in 00:01:00."]);
        host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopped.IsCancellationRequested.ShouldBeTrue();
    }

    /// <summary>Fails the first time, and is in the middle of the second when it is stopped.</summary>
    private sealed class Ticking(TimeProvider clock, ILogger<Ticking> logger) : PeriodicService(Interval, clock, logger, runsAtStart: true)
    {
        private readonly SemaphoreSlim _begun = new(0);
        private int _runs;

        public async Task RunsAsync(int runs)
        {
            (await _begun.WaitAsync(TimeSpan.FromMinutes(1))).ShouldBeTrue();
            _runs.ShouldBe(runs);
        }

        protected override Task RunAsync(CancellationToken cancellationToken)
        {
            var isFirst = ++_runs == 1;
            _begun.Release();
            return isFirst ? throw new InvalidOperationException("the first time") : Task.Delay(Timeout.InfiniteTimeSpan, Clock, cancellationToken);
        }

        public override void Dispose()
        {
            _begun.Dispose();
            base.Dispose();
        }
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Written { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) { Written.Enqueue(formatter(state, exception)); }
        }

        public void Dispose()
        {
        }
    }
}
