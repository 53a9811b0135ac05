using Microsoft.Extensions.Options;

namespace Bff.Hosting;

/// <summary>How long a shutdown may take: the host's own time, and what each part of Bff adds to it.</summary>
internal static class ShutdownTimeout
{
    /// <summary>
    /// Adds to the time a shutdown may take. Options of the host itself are read while it is built, before the configuration is checked, so they cannot depend
    /// on ours.
    /// </summary>
    public static void AllowToStop<T>(this WebApplication app, Func<T, TimeSpan> more)
        where T : class
    {
        var host = app.Services.GetRequiredService<IOptions<HostOptions>>().Value;
        var options = app.Services.GetRequiredService<IOptionsMonitor<T>>();
        var allowed = more(options.CurrentValue);
        host.ShutdownTimeout += allowed;
        options.OnChange(changed =>
        {
            var before = allowed;
            allowed = more(changed);
            host.ShutdownTimeout += allowed - before;
        });
    }
}
