using Microsoft.Extensions.Logging.Console;

namespace Bff.Commands;

internal static class CommandLogs
{
    /// <summary>A command speaks for itself; what it did is on record all the same, beside its output and wherever logs are exported to.</summary>
    public static void KeepAuditOnly(this ILoggingBuilder logging)
    {
        logging.Services.PostConfigure<LoggerFilterOptions>(filter =>
        {
            filter.Rules.Clear();   // a level of the configuration for some category would win
            filter.Rules.Add(new(providerName: null, categoryName: null, logLevel: null, (_, category, _) => category == typeof(Audit).FullName));
        });
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }
}
