namespace Bff.Hosting;

/// <summary>Does one thing again and again until the host stops; a run that fails is not the last.</summary>
/// <param name="interval">From one run to the next.</param>
/// <param name="clock">The time.</param>
/// <param name="logger">Told of failed runs.</param>
/// <param name="runsAtStart">The first run is at once, not after the first interval.</param>
internal abstract partial class PeriodicService(TimeSpan interval, TimeProvider clock, ILogger logger, bool runsAtStart = false) : BackgroundService
{
    protected TimeProvider Clock => clock;

    protected abstract Task RunAsync(CancellationToken cancellationToken);

    // Being cancelled needs no catch: the host takes it for what it is, the end of a service that was asked to stop.
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(interval, clock);
        if (runsAtStart) { await TryAsync(stoppingToken); }
        while (await timer.WaitForNextTickAsync(stoppingToken)) { await TryAsync(stoppingToken); }
    }

    private async Task TryAsync(CancellationToken cancellationToken)
    {
        try
        {
            await RunAsync(cancellationToken);
        }
        catch (ProblemException)
        {
            // Reported where it was found: StoreHealth logs a store that is away.
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            Failed(GetType().Name, interval, error);   // a hosted service that throws stops the process
        }
    }

    [LoggerMessage(LogLevel.Error, "{Service} failed; tried again in {Interval}.")]
    private partial void Failed(string service, TimeSpan interval, Exception error);
}
