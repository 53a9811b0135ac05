using System.Text.Encodings.Web;
using Bff.FrontEnds;
using Bff.Sessions.Keys;
using Bff.Sessions.Store;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Bff.Login;

/// <summary>
/// The framework's OpenID Connect handler, with less trust in anonymous clients: it reads no form, holds no thread while keys are read, and logs nothing,
/// since its lines carry what a request says, raw and whole. <see cref="OidcEvents"/> says what happened.
/// </summary>
internal sealed class OidcHandler(
    IOptionsMonitor<OpenIdConnectOptions> options, HtmlEncoder htmlEncoder, UrlEncoder encoder, LiveKeys keys, StoreHealth health)
    : OpenIdConnectHandler(options, NullLoggerFactory.Instance, htmlEncoder, encoder)
{
    public override async Task<bool> HandleRequestAsync()
    {
        // Where the tab goes from here depends on whether somebody is signed in.
        if (await ShouldHandleRequestAsync()) { Response.Headers[Problem.OpenerPolicy] = Problem.OpenerPolicyValue; }
        return await base.HandleRequestAsync();
    }

    protected override async Task<HandleRequestResult> HandleRemoteAuthenticateAsync()
    {
        if (!HttpMethods.IsGet(Request.Method)) { return Refused("The callback came by another method than GET."); }
        if (!await HasStateOfOursAsync()) { return Refused("The callback has no state of ours."); }
        return await base.HandleRemoteAuthenticateAsync();
    }

    protected override async Task<bool> HandleSignOutCallbackAsync()
    {
        if (await HasStateOfOursAsync()) { return await base.HandleSignOutCallbackAsync(); }

        // Some providers send no state back; whoever comes here without one is signed out, and should see a page.
        Response.Redirect(ReturnUrls.Of(Context).Default);
        return true;
    }

    /// <exception cref="SessionStoreException">The key that sealed it may be one that cannot be read now.</exception>
    private async Task<bool> HasStateOfOursAsync()
    {
        if (Request.Query["state"] is not [{ Length: > 0 } state, ..]) { return false; }
        health.Enter(StoreAccess.Read);
        return await keys.KnowsAsync(state, Context.RequestAborted);
    }

    private static HandleRequestResult Refused(string why) => HandleRequestResult.Fail(new SignInRefusedException(SignInFailure.InvalidState, why));
}
