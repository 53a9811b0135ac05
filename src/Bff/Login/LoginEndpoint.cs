using Bff.Sessions;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Bff.Login;

/// <summary><c>GET /bff/login</c>: to the provider, and back to the return URL with a session.</summary>
internal static class LoginEndpoint
{
    private static readonly string[] Prompts = ["none", "login", "consent", "select_account"];

    public static async Task<IResult> Handle(HttpContext context, ReturnUrls returnUrls, string? returnUrl, string? prompt, [Microsoft.AspNetCore.Mvc.FromQuery(Name = "login_hint")] string? loginHint)
    {
        if (!returnUrls.TryResolve(returnUrl, out var target)) { return LoginProblems.InvalidReturnUrl; }
        if (Initiator.IsSpeculative(context.Request)) { return LoginProblems.NotAhead; }
        if (Initiator.IsForeignPage(context.Request, returnUrls)) { return LoginProblems.Refused(context, silent: false); }
        if (prompt is not null && !Prompts.Contains(prompt, StringComparer.Ordinal))
        {
            return new Problem(StatusCodes.Status400BadRequest, "invalid_prompt", "This prompt is not known.", "Use none, login, consent or select_account.");
        }

        var properties = new OpenIdConnectChallengeProperties
        {
            RedirectUri = target,
            Prompt = prompt,
            Parameters = { [OpenIdConnectParameterNames.LoginHint] = loginHint },
        };
        if (context.GetSession() is { } session) { properties.Items[SessionAuthentication.Replaces] = session.Id.Value; }
        return await OidcChallenge.SendAsync(context, properties);
    }
}
