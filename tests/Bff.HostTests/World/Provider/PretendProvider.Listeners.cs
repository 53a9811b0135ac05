using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Bff.HostTests;

/// <summary>Where the provider listens, and what it does with every request.</summary>
internal sealed partial class PretendProvider
{
    /// <summary>Names whoever is signed in here. Ports make no difference to cookies, so a provider beside the first one needs a name of its own.</summary>
    public string SessionCookie => AcceptedClientId == ClientId ? "idp" : "idp-" + AcceptedClientId;

    private static void ListenPlainly(IWebHostBuilder host) => host.UseUrls("http://127.0.0.1:0");

    private WebApplication NewListener(Action<IWebHostBuilder> listen)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        listen(builder.WebHost);
        var app = builder.Build();
        app.Use(TellTimeAsync);
        app.Use(Traffic.WatchAsync);
        app.Use(WatchRefreshesAsync);
        app.Use((context, next) => Faults.InvokeAsync(context, next));
        app.Use(RefuseLongUrlsAsync);
        app.MapGet(WellKnown, () => WellKnownMetadata(tenant: null));
        app.MapGet("/{tenant}/v2.0" + WellKnown, (string tenant) => WellKnownMetadata(tenant));
        app.MapGet(MovedMetadata, () => Metadata(Tenant is null ? null : TenantPlaceholder));
        app.MapGet("/jwks", Keys);
        app.MapGet("/authorize", Authorize);
        app.MapPost("/token", TokenAsync);
        app.MapPost("/revoke", RevokeAsync);
        app.MapPost("/par", PushAsync);
        app.MapGet("/userinfo", (HttpRequest request) => AnswerUserInfoAsync(request));
        app.MapPost("/userinfo", (HttpRequest request) => AnswerUserInfoAsync(request));
        app.MapGet("/end-session", (HttpRequest request) => EndSession(request));
        app.MapGet("/logout", (HttpRequest request) => CognitoLogout(request));
        app.MapGet("/v2/logout", (HttpRequest request) => Auth0Logout(request));
        _listeners.Add(app);
        return app;
    }

    private Task TellTimeAsync(HttpContext context, RequestDelegate next)
    {
        if (ClockAhead != TimeSpan.Zero) { context.Response.GetTypedHeaders().Date = _clock.GetUtcNow() + ClockAhead; }
        return next(context);
    }

    private async Task WatchRefreshesAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path != "/token" || (await context.Request.ReadFormAsync())["grant_type"] != "refresh_token")
        {
            await next(context);
            return;
        }

        var presented = context.Request.Form["refresh_token"].ToString();
        Grant? grant;
        lock (_gate)
        {
            MostAtOnce = Math.Max(MostAtOnce, ++_underWay);
            grant = _grants.Find(known => known.RefreshToken == presented || known.Used.Contains(presented));
            if (grant is not null)
            {
                grant.Refreshes++;
                grant.MostAtOnce = Math.Max(grant.MostAtOnce, ++grant.UnderWay);
            }
        }

        Interlocked.Increment(ref _refreshes);
        try
        {
            await next(context);
        }
        finally
        {
            lock (_gate)
            {
                _underWay--;
                if (grant is not null) { grant.UnderWay--; }
            }
        }
    }


    private string NewSecret(string kind) => Keep(kind, Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(24)));

    private string Keep(string kind, string value)
    {
        Secrets.Add(new(kind, value));
        return value;
    }
}
