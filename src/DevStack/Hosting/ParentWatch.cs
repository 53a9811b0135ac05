namespace DevStack.Hosting;

/// <summary>Stops the host when the launcher is gone: its end of our standard input closes even when it was killed.</summary>
internal sealed partial class ParentWatch(DevStackOptions options, IHostApplicationLifetime lifetime, ILogger<ParentWatch> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.StopWithParent)
        {
            // A read of standard input cannot be cancelled, so nobody waits for it when the host stops by itself.
            new Thread(StopWhenInputCloses) { IsBackground = true, Name = nameof(ParentWatch) }.Start();
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void StopWhenInputCloses()
    {
        using var input = Console.OpenStandardInput();
        while (input.ReadByte() >= 0)
        {
        }

        ParentGone();
        lifetime.StopApplication();
    }

    [LoggerMessage(LogLevel.Information, "The launcher is gone, stopping too.")]
    private partial void ParentGone();
}
