using DevStack.Provider.Users;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DevStack.Provider.SignIn;

internal static class LoginEndpoint
{
    public const string Route = "/login";

    private const string Home = "/";

    public static IResult Redirect(string returnUrl, string? userName)
    {
        var query = new QueryBuilder { { "returnUrl", returnUrl } };
        if (!string.IsNullOrEmpty(userName))
        {
            query.Add("username", userName);
        }

        return Results.LocalRedirect(Route + query);
    }

    public static IResult Show(string? returnUrl, string? username) => LoginPage.Result(OwnUrl(returnUrl), username, problem: null);

    public static async Task<IResult> SignInAsync(HttpContext context, IAntiforgery antiforgery)
    {
        if (!await antiforgery.IsRequestValidAsync(context))
        {
            return LoginPage.Result(Home, userName: null, "This page was too old. Please sign in again.");
        }

        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        string? userName = form["username"];
        var returnUrl = OwnUrl(form["returnUrl"]);
        if (DemoUsers.Find(userName) is not { } user || !user.HasPassword(form["password"]))
        {
            return LoginPage.Result(returnUrl, userName, "That user name and password do not belong together.");
        }

        await LoginCookie.StartAsync(context, user, returnUrl);
        return Results.LocalRedirect(returnUrl);
    }

    private static string OwnUrl(string? url) => RedirectHttpResult.IsLocalUrl(url) ? url! : Home;
}
