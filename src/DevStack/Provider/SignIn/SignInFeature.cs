using DevStack.Hosting;

namespace DevStack.Provider.SignIn;

internal static class SignInFeature
{
    public static void AddSignIn(this WebApplicationBuilder builder, DevStackOptions options)
    {
        var name = LoginCookie.NameFor(options);
        builder.Services.AddAuthentication(LoginCookie.Scheme).AddCookie(LoginCookie.Scheme, cookie =>
        {
            cookie.Cookie.Name = name;
            cookie.Cookie.SameSite = SameSiteMode.Lax;
            cookie.ExpireTimeSpan = TimeSpan.FromHours(12);
        });
        builder.Services.AddAntiforgery(antiforgery => antiforgery.Cookie.Name = name + "-antiforgery");
    }

    public static void MapSignIn(this WebApplication app)
    {
        app.MapGet(LoginEndpoint.Route, LoginEndpoint.Show);
        app.MapPost(LoginEndpoint.Route, LoginEndpoint.SignInAsync);
        app.MapGet(SignOutEndpoint.Route, (Delegate)SignOutEndpoint.ShowAsync);
        app.MapPost(SignOutEndpoint.Route, SignOutEndpoint.SignOutAsync);
    }
}
