using System.Runtime.CompilerServices;
using Bff.FrontEnds;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;

namespace Bff.Guard;

/// <summary>
/// What CORS allows (Fetch Standard section 3.2): the front end's exact origins, with credentials. Follows <see cref="FrontEndSet"/>. Policies with a name are the
/// program's around us.
/// </summary>
internal sealed class SpaCorsPolicy(FrontEndSet frontEnds, IOptions<CorsOptions> named) : ICorsPolicyProvider
{
    private static readonly TimeSpan PreflightMaxAge = TimeSpan.FromMinutes(10);

    private readonly ConditionalWeakTable<FrontEnd, CorsPolicy> _built = [];

    public Task<CorsPolicy?> GetPolicyAsync(HttpContext context, string? policyName) =>
        Task.FromResult(policyName is null ? _built.GetValue(frontEnds.Of(context), Build) : named.Value.GetPolicy(policyName));

    private static CorsPolicy Build(FrontEnd frontEnd) => new CorsPolicyBuilder()
        .SetIsOriginAllowed(frontEnd.Allows).AllowCredentials().AllowAnyMethod().AllowAnyHeader()
        .WithExposedHeaders([.. frontEnd.ExposedHeaders, StepUp.Header]).SetPreflightMaxAge(PreflightMaxAge).Build();
}
