using Bff.Configuration;

namespace Bff.Forwarding.Identity;

internal static class IdentityFeature
{
    /// <summary>Of a route: its API is told in headers who calls.</summary>
    public const string RouteMetadata = "Bff.IdentityHeaders";

    public const string Section = "Bff:IdentityHeaders";

    public static IServiceCollection AddIdentityHeaders(this IServiceCollection services)
    {
        services.AddSettings<IdentityHeaderOptions>(Section);
        return services.AddSingleton<IdentityNames>().AddSingleton<IdentityHeaders>();
    }

    public static bool IsOn(IReadOnlyDictionary<string, string>? metadata) =>
        bool.TryParse(metadata?.GetValueOrDefault(RouteMetadata), out var isOn) && isOn;
}
