using Bff.Reload;
using Microsoft.AspNetCore.Connections;

namespace Bff;

/// <summary>Mistakes an operator can mend are said in plain lines; everything else keeps its stack trace.</summary>
internal static class StartFailure
{
    /// <summary>EX_CONFIG of sysexits.h: a restart changes nothing.</summary>
    public const int ExitCode = 78;

    /// <summary>EX_TEMPFAIL: what was in the way may be gone the next time, such as another process at the same port.</summary>
    public const int MayPassExitCode = 75;

    public static int ExitCodeOf(Exception error) => error is IOException { InnerException: AddressInUseException } or StoreUnavailableException ? MayPassExitCode : ExitCode;

    private const int LongestLine = 2000;

    private static volatile bool _started;

    /// <summary>The host logs a failed start with its stack trace, and then throws it. Once is enough: it is silent until it runs.</summary>
    public static WebApplicationBuilder LogHostOnlyWhenStarted(this WebApplicationBuilder builder)
    {
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", level => _started && level >= LogLevel.Information);
        return builder;
    }

    public static void LogHostFromNowOn() => _started = true;

    /// <summary>In lines that can be printed, whatever they quote.</summary>
    public static string? Explain(Exception error) => LinesOf(error) is { } lines
        ? string.Join(Environment.NewLine, lines.Split(Environment.NewLine).Select(line => Printable.Text(line, LongestLine))) : null;

    private static string? LinesOf(Exception error) => error switch
    {
        ConfigurationException or StoreUnavailableException => error.Message,
        InvalidDataException { InnerException: FormatException or IOException or UnauthorizedAccessException } => $"{error.Message} {ConfigurationFiles.Explain(error)}",   // of an appsettings file
        IOException { InnerException: AddressInUseException } => $"{error.Message} Stop what uses it, or choose another address with ASPNETCORE_URLS, or Bff:Ops:Url for the ops port.",
        IOException when error.Message.StartsWith("Bff:", StringComparison.Ordinal) => error.Message,
        _ => null,
    };
}
