using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;

namespace Bff.Guard;

/// <summary>
/// What CORS allows (Fetch Standard section 3.2): the front ends' exact origins, with credentials. Follows <see cref="SpaOptions"/>; there is no other policy.
/// </summary>
internal sealed class SpaCorsPolicy(IOptionsMonitor<SpaOptions> spa) : ICorsPolicyProvider
{
    private static readonly TimeSpan PreflightMaxAge = TimeSpan.FromMinutes(10);

    private volatile Built? _built;

    private sealed record Built(SpaOptions Options, CorsPolicy Policy);

    public Task<CorsPolicy?> GetPolicyAsync(HttpContext context, string? policyName)
    {
        if (policyName is not null) { return Task.FromResult<CorsPolicy?>(null); }
        var options = spa.CurrentValue;
        if (_built is not { } built || built.Options != options) { _built = built = new(options, Build(options)); }
        return Task.FromResult<CorsPolicy?>(built.Policy);
    }

    private static CorsPolicy Build(SpaOptions options) => new CorsPolicyBuilder()
        .SetIsOriginAllowed(options.Origins.Contains).AllowCredentials().AllowAnyMethod().AllowAnyHeader()
        .WithExposedHeaders(options.EffectiveExposedHeaders).SetPreflightMaxAge(PreflightMaxAge).Build();
}
