using Bff.Configuration;
using Bff.Guard;

namespace Bff.Forwarding.Identity;

internal static class IdentityFeature
{
    /// <summary>Of a route: its API is told in headers who calls.</summary>
    public const string RouteMetadata = "Bff.IdentityHeaders";

    /// <summary>Of a route: its API is told by a signed assertion who calls, which is for this audience.</summary>
    public const string AssertionMetadata = "Bff.Assertion";

    /// <summary>Where the keys of assertions are published (RFC 7517 section 5).</summary>
    public const string KeysPath = "/bff/jwks";

    public const string Section = "Bff:IdentityHeaders";

    public static IServiceCollection AddIdentityHeaders(this IServiceCollection services)
    {
        services.AddSettings<IdentityHeaderOptions>(Section);
        return services.AddSingleton<IdentityNames>().AddSingleton<IdentityHeaders>().AddSingleton<AssertionKeys>().AddSingleton<Assertions>();
    }

    /// <summary>The public halves of the keys; the same for everybody, and on all nodes.</summary>
    public static void MapAssertionKeys(this WebApplication app) => app.MapGet(
        KeysPath, (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = "public, max-age=300";
            return Results.Text(context.RequestServices.GetRequiredService<AssertionKeys>().PublicKeys, "application/jwk-set+json");
        }).AllowAnonymous().WithMetadata(new SharedResponse());

    public static bool IsOn(IReadOnlyDictionary<string, string>? metadata) =>
        bool.TryParse(metadata?.GetValueOrDefault(RouteMetadata), out var isOn) && isOn;
}
