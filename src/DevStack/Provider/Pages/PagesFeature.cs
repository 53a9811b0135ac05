using DevStack.Hosting;
using DevStack.Provider.SignIn;

namespace DevStack.Provider.Pages;

internal static class PagesFeature
{
    // No form-action here: browsers apply it to the redirects after a form too, and login ends at the client.
    private const string ContentSecurityPolicy =
        "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'";

    public static void AddPages(this WebApplicationBuilder builder) => builder.Services.AddRazorComponents();

    public static void UsePageHeaders(this WebApplication app) => app.Use((context, next) =>
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        return next(context);
    });

    public static void MapPages(this WebApplication app) =>
        app.MapGet("/", async (HttpContext context, DevStackOptions options) =>
            HomePage.Result(await LoginCookie.ReadAsync(context), options.BffUrl));
}
