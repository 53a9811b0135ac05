using DevStack.Provider.SignIn;
using Microsoft.AspNetCore.Antiforgery;

namespace DevStack.Provider.Trouble;

/// <summary><c>/trouble</c>: an outage and a provider without refresh tokens, at the push of a button.</summary>
internal static class TroubleFeature
{
    public const string Route = "/trouble";

    /// <summary>What an outage takes away. The demo's own pages, such as the diary, go on.</summary>
    private static readonly string[] OpenIdPaths = ["/connect", "/.well-known", LoginEndpoint.Route];

    public static void AddTrouble(this WebApplicationBuilder builder) => builder.Services.AddSingleton<Switches>();

    /// <summary>During an outage programs find the connection closed, and people a page that says why.</summary>
    public static void UseTrouble(this WebApplication app)
    {
        var switches = app.Services.GetRequiredService<Switches>();
        app.UseWhen(
            context => switches.AnswersAgainAt is not null && OpenIdPaths.Any(path => context.Request.Path.StartsWithSegments(path)),
            outage => outage.Run(RefuseAsync));
    }

    public static void MapTrouble(this WebApplication app)
    {
        app.MapGet(Route, () => TroublePage.Result());
        app.MapPost(Route, SwitchAsync);
    }

    private static Task RefuseAsync(HttpContext context)
    {
        if (context.Request.GetTypedHeaders().Accept.Any(type => type.MediaType.Equals("text/html", StringComparison.OrdinalIgnoreCase)))
        {
            return OutagePage.Result().ExecuteAsync(context);
        }

        context.Abort();
        return Task.CompletedTask;
    }

    private static async Task<IResult> SwitchAsync(HttpContext context, IAntiforgery antiforgery, Switches switches)
    {
        if (!await antiforgery.IsRequestValidAsync(context))
        {
            return Results.LocalRedirect(Route);
        }

        switch (context.Request.Form[TroublePage.Field].ToString())
        {
            case TroublePage.StopAnswering: switches.StopAnswering(); break;
            case TroublePage.AnswerAgain: switches.AnswerAgain(); break;
            case TroublePage.WithoutRefreshTokens: switches.GivesRefreshTokens = false; break;
            case TroublePage.WithRefreshTokens: switches.GivesRefreshTokens = true; break;
        }

        return Results.LocalRedirect(Route);
    }
}
