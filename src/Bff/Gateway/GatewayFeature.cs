using Bff.Configuration;
using Bff.Guard;
using Bff.Hosting;
using Bff.Ops;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Model;

namespace Bff.Gateway;

/// <summary>Another gateway asks, and forwards by itself. Without <c>Bff:Gateway:Url</c> there is nothing of it but the settings' check.</summary>
internal static class GatewayFeature
{
    public static WebApplicationBuilder AddGateway(this WebApplicationBuilder builder)
    {
        builder.Services.AddSettings<GatewayOptions>(GatewayOptions.Section);
        builder.Services.AddSingleton<GatewayCredential>();
        var listened = builder.Services.Select(service => service.ImplementationInstance).OfType<PublicListeners>().Single();
        builder.Services.AddSingleton(new ConfigurationRule(configuration => GatewayOptions.SharedPorts(configuration, listened.Addresses)));
        if (builder.AcceptedConfiguration()[$"{GatewayOptions.Section}:{nameof(GatewayOptions.Url)}"] is not { Length: > 0 } url) { return builder; }
        builder.Services.AddSingleton(new PrivateListener(
            GatewayRequests.Endpoint, () => url, services => OptionsOf(services).ClientCertificateAuthority));
        return builder;
    }

    /// <summary>Before all that decides about a request.</summary>
    public static WebApplication UseGateway(this WebApplication app)
    {
        if (IsOn(app.Services)) { app.UseMiddleware<GatewayRequests>(); }
        return app;
    }

    /// <summary>After routing: a gateway asks about calls to routes. What Bff does itself it does for a browser, and not for a question.</summary>
    public static WebApplication UseRoutesOnlyAtGateway(this WebApplication app)
    {
        if (!IsOn(app.Services)) { return app; }
        var refusals = app.Services.GetRequiredService<Refusals>();
        app.Use((context, next) => AskedRequest.Of(context) is null || context.GetEndpoint()?.Metadata.GetMetadata<RouteModel>() is not null
            ? next(context) : refusals.RefuseAsync(context, GatewayRequests.NotHere));
        return app;
    }

    /// <summary>Before what forwards.</summary>
    public static void AnswerGateway(this IReverseProxyApplicationBuilder proxy)
    {
        if (IsOn(proxy.ApplicationServices)) { proxy.UseMiddleware<CheckAnswer>(); }
    }

    private static bool IsOn(IServiceProvider services) => !string.IsNullOrEmpty(OptionsOf(services).Url);

    private static GatewayOptions OptionsOf(IServiceProvider services) => services.GetRequiredService<IOptions<GatewayOptions>>().Value;
}
