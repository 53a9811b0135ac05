using Microsoft.Extensions.Logging.Console;

namespace Bff.Commands;

internal static class CommandLogs
{
    /// <summary>A command speaks for itself; what it did is on record all the same, beside its output and wherever logs are exported to.</summary>
    public static void KeepAuditOnly(this ILoggingBuilder logging)
    {
        logging.AddFilter((category, _) => category == typeof(Audit).FullName);
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }
}
