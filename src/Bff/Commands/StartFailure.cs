using Bff.Configuration;
using Bff.Sessions;
using Microsoft.AspNetCore.Connections;

namespace Bff.Commands;

/// <summary>Errors an operator can correct are printed in plain lines; everything else keeps its stack trace.</summary>
internal static class StartFailure
{
    /// <summary>EX_CONFIG of sysexits.h: a restart changes nothing.</summary>
    public const int ExitCode = 78;

    /// <summary>EX_TEMPFAIL: what was in the way may be gone the next time, such as another process at the same port.</summary>
    public const int MayPassExitCode = 75;

    public static int ExitCodeOf(Exception error) =>
        error is IOException { InnerException: AddressInUseException } or SessionStoreException ? MayPassExitCode : ExitCode;

    private const int MaxLine = 2000;

    /// <summary>In lines that can be printed, whatever they quote.</summary>
    public static string? Explain(Exception error) => LinesOf(error) is { } lines
        ? string.Join(Environment.NewLine, lines.Split(Environment.NewLine).Select(line => Printable.Text(line, MaxLine))) : null;

    private static string? LinesOf(Exception error) => error switch
    {
        ConfigurationException or SessionStoreException => error.Message,
        // of an appsettings file
        InvalidDataException { InnerException: FormatException or IOException or UnauthorizedAccessException } =>
            $"{error.Message} {ConfigurationFiles.Explain(error)}",
        IOException { InnerException: AddressInUseException } =>
            $"{error.Message} Stop the process that uses it, or choose another address: ASPNETCORE_URLS, or Bff:Ops:Url for the ops port.",
        IOException when error.Message.StartsWith("Bff:", StringComparison.Ordinal) => error.Message,
        _ => null,
    };
}
