using Bff.Configuration;

namespace Bff.Forwarding;

/// <summary>
/// Routes that anybody may call without its being said: they have neither an authorization policy nor a token. <c>AuthorizationPolicy: anonymous</c> says it.
/// </summary>
internal sealed partial class OpenRoutes
{
    private readonly AcceptedConfiguration _accepted;
    private readonly ILogger<OpenRoutes> _logger;
    private HashSet<string> _known = [];

    public OpenRoutes(AcceptedConfiguration accepted, IHostApplicationLifetime lifetime, ILogger<OpenRoutes> logger)
    {
        (_accepted, _logger) = (accepted, logger);
        lifetime.ApplicationStarted.Register(() =>
        {
            Warn();
            accepted.Changed += Warn;
        });
    }

    /// <returns>Their configuration keys.</returns>
    public static IEnumerable<string> In(IConfiguration configuration) =>
        from route in configuration.GetSection("ReverseProxy:Routes").GetChildren()
        where string.IsNullOrEmpty(route["AuthorizationPolicy"])
        where route[$"Metadata:{TokenPolicies.MetadataKey}"] is null or "" or nameof(TokenPolicy.None)
        select route.Path;

    /// <summary>Of each once, as long as it is one.</summary>
    private void Warn()
    {
        var open = In(_accepted.Root).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var route in open.Where(route => !_known.Contains(route))) { Open(route); }
        _known = open;
    }

    [LoggerMessage(
        LogLevel.Warning,
        "{Route} has neither an AuthorizationPolicy nor a Bff.Token: anybody may call it. If that is intended, set AuthorizationPolicy: anonymous.")]
    private partial void Open(string route);
}
