using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace SpaStatic;

/// <summary>A start that fails for a known reason ends in a sentence, not in a stack trace.</summary>
internal static class StartFailures
{
    // The host and Kestrel both log the exception, stack and all, before we get to see it.
    public static void LeaveStartFailuresToUs(this ILoggingBuilder logging) => logging
        .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None)
        .AddFilter("Microsoft.AspNetCore.Server.Kestrel", level => level is LogLevel.Warning or LogLevel.Error);

    public static async Task<int> RunOrExplainAsync(this WebApplication app)
    {
        try
        {
            await app.RunAsync();
            return 0;
        }
        catch (IOException error) when (error.InnerException is AddressInUseException)
        {
            await Console.Error.WriteLineAsync($"{error.Message} Stop the other program, or choose an address with ASPNETCORE_URLS.");
        }
        catch (OptionsValidationException error)
        {
            await Console.Error.WriteLineAsync(string.Join(Environment.NewLine, error.Failures));
        }

        return 1;
    }
}
