namespace Bff.Hosting;

/// <summary>What the host itself logs of its start.</summary>
internal static class HostLog
{
    private static volatile bool _started;

    /// <summary>The host logs a failed start with its stack trace, and then throws it. Once is enough: it is silent until it runs.</summary>
    public static WebApplicationBuilder LogHostOnlyWhenStarted(this WebApplicationBuilder builder)
    {
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", level => _started && level >= LogLevel.Information);
        return builder;
    }

    public static void LogHostFromNowOn() => _started = true;
}
