using DevStack.Hosting;
using DevStack.Provider.Consent;
using DevStack.Provider.Pages;
using DevStack.Provider.SignIn;
using DevStack.Provider.Users;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Antiforgery;
using OpenIddict.Abstractions;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace DevStack.Provider.Protocol;

/// <summary>Login, then consent, then the code. With <c>prompt=none</c> a missing step is an error to the client instead of a page.</summary>
internal static class AuthorizeEndpoint
{
    public static async Task<IResult> Handle(HttpContext context, ConsentStore consents, IAntiforgery antiforgery, DevStackOptions options, TimeProvider clock)
    {
        if (context.GetOpenIddictServerResponse() is { Error: not null } refused)
        {
            return ErrorPage.Result(refused.Error, refused.ErrorDescription);
        }

        var protocol = context.GetOpenIddictServerRequest()!;
        var asked = await AuthorizeRequest.ReadAsync(context);
        var silent = protocol.HasPromptValue(PromptValues.None);

        var login = await LoginCookie.ReadAsync(context);
        if (login is null)
        {
            return silent
                ? ProviderResults.Error(Errors.LoginRequired, "Nobody is signed in here.")
                : LoginEndpoint.Redirect(asked.Url, protocol.LoginHint);
        }

        var answer = asked.ConsentAnswer is not null && await antiforgery.IsRequestValidAsync(context) ? asked.ConsentAnswer : null;
        if (answer is null && NeedsAnotherLogin(protocol, login, clock) && !login.Answers(asked.Url))
        {
            return silent
                ? ProviderResults.Error(Errors.InteractionRequired, "Another sign-in is needed here.")
                : LoginEndpoint.Redirect(asked.Url, protocol.LoginHint);
        }

        var scopes = login.User.Grantable(protocol.GetScopes());
        if (answer == ConsentPage.Deny)
        {
            return ProviderResults.Error(Errors.AccessDenied, "The user did not agree.");
        }

        if (answer == ConsentPage.Allow)
        {
            await consents.GiveAsync(login.User, protocol.ClientId!, scopes, context.RequestAborted);
        }
        else if (protocol.HasPromptValue(PromptValues.Consent) ||
                 !await consents.IsGivenAsync(login.User, protocol.ClientId!, scopes, context.RequestAborted))
        {
            return silent
                ? ProviderResults.Error(Errors.ConsentRequired, "The user has not agreed yet.")
                : ConsentPage.Result(login.User, await consents.NameOfAsync(protocol.ClientId!, context.RequestAborted), scopes, asked);
        }

        return ProviderResults.Issue(login.User, scopes, options.ApiAudience, login.Since.ToUnixTimeSeconds());
    }

    private static bool NeedsAnotherLogin(OpenIddictRequest protocol, Login login, TimeProvider clock) =>
        protocol.HasPromptValue(PromptValues.Login) ||
        protocol.HasPromptValue(PromptValues.SelectAccount) ||
        (protocol.MaxAge is { } seconds && clock.GetUtcNow() - login.Since > TimeSpan.FromSeconds(seconds)) ||
        (DemoUsers.Find(protocol.LoginHint) is { } hinted && hinted != login.User);
}
