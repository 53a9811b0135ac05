using Microsoft.Extensions.Options;

namespace Bff.Guard;

/// <summary>
/// The framework puts middleware of its own before ours when an environment variable says so: <c>ASPNETCORE_FORWARDEDHEADERS_ENABLED</c> (every caller a
/// trusted proxy, on the ops port, too), <c>AllowedHosts</c> (refuses the ops port's probes), those of IIS. Images and hosting platforms set them, and none of
/// them may change what we believe of a request: only our own settings do.
/// </summary>
internal static partial class FrameworkSwitches
{
    private const string ForwardedHeaders = "ForwardedHeaders_Enabled", AllowedHosts = "AllowedHosts";

    /// <summary>Assemblies. Others of this family are packages that somebody has added: those that reload a page or serve it while it is developed.</summary>
    private const string Defaults = "Microsoft.AspNetCore", Servers = "Microsoft.AspNetCore.Server.";

    /// <summary>The middleware that the framework has prepared so far; what the program itself has stays.</summary>
    public static void TakeOut(IServiceCollection services)
    {
        foreach (var filter in services.Where(service => service.ServiceType == typeof(IStartupFilter) && IsOfFramework(service)).ToList())
        {
            services.Remove(filter);
        }
    }

    private static bool IsOfFramework(ServiceDescriptor service)
    {
        var type = service.ImplementationType ?? service.ImplementationInstance?.GetType() ?? service.ImplementationFactory?.Method.DeclaringType;
        return type?.Assembly.GetName().Name is { } name && (name == Defaults || name.StartsWith(Servers, StringComparison.Ordinal));
    }

    public static void Explain(WebApplication app)
    {
        var trusts = app.Services.GetRequiredService<IOptions<ProxyOptions>>().Value.TrustedProxies.Length > 0;
        if (!trusts && string.Equals(app.Configuration[ForwardedHeaders], "true", StringComparison.OrdinalIgnoreCase))
        {
            HasNoEffect(app.Logger, "ASPNETCORE_" + ForwardedHeaders.ToUpperInvariant(), "Bff:" + nameof(ProxyOptions.TrustedProxies));
        }

        if (app.Configuration[AllowedHosts] is { Length: > 0 } hosts && hosts != "*")
        {
            HasNoEffect(app.Logger, AllowedHosts, "Bff:" + nameof(ProxyOptions.PublicUrl));
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Switch} has no effect here. Set {Setting} instead.")]
    private static partial void HasNoEffect(ILogger logger, string @switch, string setting);
}
