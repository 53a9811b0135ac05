using Bff.Guard;
using Yarp.ReverseProxy.Model;

namespace Bff.Forwarding;

internal static class ForwardingFeature
{
    public static WebApplicationBuilder AddForwarding(this WebApplicationBuilder builder)
    {
        builder.Services.AddReverseProxy()
            .LoadFromConfig(builder.Configuration.GetSection("ReverseProxy"))
            .AddTransforms<TokenTransformProvider>();
        return builder;
    }

    public static WebApplication MapForwarding(this WebApplication app)
    {
        app.MapReverseProxy().Add(endpoint =>
        {
            var route = endpoint.Metadata.OfType<RouteModel>().First().Config;
            if (TokenPolicies.TryRead(route.Metadata, out var policy) && policy != TokenPolicy.None) { endpoint.Metadata.Add(new CsrfHeaderRequired()); }
        });
        return app;
    }
}
