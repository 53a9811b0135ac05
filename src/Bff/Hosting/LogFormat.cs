using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging.Console;

namespace Bff.Hosting;

/// <summary>
/// What is logged when <c>Logging:LogLevel</c> does not say, and how lines look on stdout when <c>Logging:Console</c> does not: one JSON object each, with
/// request and trace id, for machines; short lines in Development, for people; under systemd lines with a priority, as journald reads them. Times are UTC.
/// </summary>
internal static class LogFormat
{
    private const string Section = "Logging:Console";

    /// <summary>Here and not in a file, so that they count wherever Bff is started.</summary>
    private const string Levels = "Logging:LogLevel";

    public static WebApplicationBuilder AddLogFormat(this WebApplicationBuilder builder)
    {
        var usual = SystemdHelpers.IsSystemdService() ? ConsoleFormatterNames.Systemd
            : builder.Environment.IsDevelopment() ? ConsoleFormatterNames.Simple : ConsoleFormatterNames.Json;
        var json = (builder.Configuration[$"{Section}:FormatterName"] ?? usual) == ConsoleFormatterNames.Json;

        // First of all sources, so that every other one wins.
        ((IConfigurationBuilder)builder.Configuration).Sources.Insert(0, new MemoryConfigurationSource
        {
            InitialData = new Dictionary<string, string?>
            {
                [$"{Levels}:Default"] = nameof(LogLevel.Information),
                [$"{Levels}:Microsoft.AspNetCore"] = nameof(LogLevel.Warning),
                [$"{Levels}:Yarp"] = nameof(LogLevel.Warning),
                [$"{Section}:FormatterName"] = usual,
                [$"{Section}:FormatterOptions:UseUtcTimestamp"] = "true",
                [$"{Section}:FormatterOptions:TimestampFormat"] = json ? "yyyy-MM-ddTHH:mm:ss.fffZ" : usual == ConsoleFormatterNames.Systemd ? null
                    : "HH:mm:ss ",
                [$"{Section}:FormatterOptions:IncludeScopes"] = json ? "true" : "false",
                [$"{Section}:FormatterOptions:SingleLine"] = json ? null : "true",
            },
        });

        // Quotes and the like stay readable: this JSON never gets into a web page.
        builder.Services.Configure<JsonConsoleFormatterOptions>(
            options => options.JsonWriterOptions = new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        return builder;
    }
}
