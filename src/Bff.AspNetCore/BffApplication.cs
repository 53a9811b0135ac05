using Bff.ClientTokens;
using Bff.Configuration;
using Bff.Forwarding;
using Bff.Forwarding.PassThrough;
using Bff.FrontEnds;
using Bff.Guard;
using Bff.Login;
using Bff.Policies;
using Bff.Providers;
using Bff.Renewal;
using Bff.Sessions;

namespace Bff;

/// <summary>Makes an ASP.NET Core program a backend for frontends. All settings are read from the program's configuration, below <c>Bff</c>.</summary>
public static class BffApplication
{
    /// <summary>
    /// Adds everything that Bff needs, and the authentication scheme <c>bff</c> as the default. To be called after the program's configuration is complete, and
    /// before what should win over it.
    /// </summary>
    /// <param name="builder">The program.</param>
    /// <returns>The program.</returns>
    /// <exception cref="InvalidOperationException">It was called already.</exception>
    public static WebApplicationBuilder AddBff(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (builder.Services.Any(service => service.ServiceType == typeof(BffPreparation))) { throw Twice("builder.AddBff()"); }
        builder.Services.AddSingleton<BffPreparation>();
        return builder.AddConfiguration().AddProviders().AddFrontEnds().AddGuard()
            .AddSessions().AddPolicies().AddRenewal().AddClientTokens().AddLogin().AddForwarding().WithoutUnusedKeyRing();
    }

    /// <summary>
    /// Checks the configuration, prepares the session store, and adds the steps of the pipeline: what guards the whole program, routing, the session of the request,
    /// authentication and authorization. What is added before it sees every request; what is added after it, none that a route of <c>ReverseProxy</c> forwards.
    /// </summary>
    /// <param name="app">The program.</param>
    /// <returns>The program.</returns>
    /// <exception cref="InvalidOperationException">
    /// The configuration has mistakes, each of which is named; <see cref="AddBff"/> was not called, or this method was already.
    /// </exception>
    public static WebApplication UseBff(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        return app.UseBff(isWholeProgram: false);
    }

    /// <summary>Maps Bff's endpoints below <c>/bff</c>, the provider's callbacks, and the routes of <c>ReverseProxy</c>.</summary>
    /// <param name="app">The program.</param>
    /// <returns>The program.</returns>
    /// <exception cref="InvalidOperationException">
    /// <see cref="UseBff(WebApplication)"/> was not called, so nothing would guard them; or this method was called already.
    /// </exception>
    public static WebApplication MapBff(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        return app.MapBff(proxy: null);
    }

    /// <summary>
    /// A browser reaches these endpoints by a script of an allowed origin only, which sends <c>X-CSRF: 1</c>. For every endpoint of the program that acts, or
    /// responds with data, for the user of the cookie, and is called by scripts.
    /// </summary>
    /// <typeparam name="T">What they are.</typeparam>
    /// <param name="endpoints">The endpoints.</param>
    /// <returns>The endpoints.</returns>
    public static T RequireBffCsrf<T>(this T endpoints)
        where T : IEndpointConventionBuilder => endpoints.RequireCsrfHeader();

    /// <param name="app">The program.</param>
    /// <param name="isWholeProgram">There is nothing else in it: what no endpoint takes is refused here.</param>
    /// <param name="afterGuard">What else may refuse a request, before any session is read.</param>
    internal static WebApplication UseBff(this WebApplication app, bool isWholeProgram, Action<WebApplication>? afterGuard = null)
    {
        var preparation = PreparationOf(app);
        if (preparation.IsGuarded) { throw Twice("app.UseBff()"); }
        preparation.RunAsync(app).GetAwaiter().GetResult();
        preparation.IsGuarded = true;
        app.UseCallMetrics();
        app.UseGuard(isWholeProgram);                    // headers, CORS and the CSRF header: before any store is read
        afterGuard?.Invoke(app);
        app.UseRouteTimeouts();
        app.UseCallersTokens();                          // a token of the caller's own, on routes that take one: no session is read then
        return app.UseSessions();                        // the one session read of a request happens here
    }

    /// <param name="app">The program.</param>
    /// <param name="proxy">What comes before a call is forwarded.</param>
    internal static WebApplication MapBff(this WebApplication app, Action<IReverseProxyApplicationBuilder>? proxy)
    {
        var preparation = PreparationOf(app);
        if (!preparation.IsGuarded) { throw new InvalidOperationException("Call app.UseBff() before app.MapBff()."); }
        if (preparation.IsMapped) { throw Twice("app.MapBff()"); }
        preparation.IsMapped = true;
        return app.MapLogin().MapRenewal().MapForwarding(proxy);
    }

    /// <summary>Reads the whole configuration and the store, once. Else <see cref="UseBff(WebApplication)"/> does.</summary>
    internal static Task PrepareBffAsync(this WebApplication app) => PreparationOf(app).RunAsync(app);

    private static BffPreparation PreparationOf(WebApplication app) => app.Services.GetService<BffPreparation>()
        ?? throw new InvalidOperationException("Call builder.AddBff() before the program is built.");

    private static InvalidOperationException Twice(string call) => new($"{call} was called already; once is enough.");
}
