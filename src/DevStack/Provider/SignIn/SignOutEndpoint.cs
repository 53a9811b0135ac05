using Microsoft.AspNetCore.Antiforgery;

namespace DevStack.Provider.SignIn;

/// <summary>Signing out by hand, and where a logout request ends that comes from no known client.</summary>
internal static class SignOutEndpoint
{
    public const string Route = "/signout";

    public static async Task<IResult> ShowAsync(HttpContext context) => SignOutPage.Result(await LoginCookie.ReadAsync(context));

    public static async Task<IResult> SignOutAsync(HttpContext context, IAntiforgery antiforgery)
    {
        if (await antiforgery.IsRequestValidAsync(context))
        {
            await LoginCookie.EndAsync(context);
        }

        return Results.LocalRedirect(Route);
    }
}
