using System.Text.Encodings.Web;
using Bff.FrontEnds;
using Bff.Providers;
using Bff.Providers.Named;
using Bff.Sessions.Keys;
using Bff.Sessions.Store;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Bff.Login;

/// <summary>
/// The framework's OpenID Connect handler, with less trust in anonymous clients: it takes a response only the way it was asked for, holds no thread while keys
/// are read, and logs nothing, since its lines carry what a request says, raw and whole. <see cref="OidcEvents"/> says what happened.
/// </summary>
internal sealed class OidcHandler(
    IOptionsMonitor<OpenIdConnectOptions> options, HtmlEncoder htmlEncoder, UrlEncoder encoder, LiveKeys keys, StoreHealth health, FlowState flow)
    : OpenIdConnectHandler(options, NullLoggerFactory.Instance, htmlEncoder, encoder)
{
    private const string NoState = "The callback has no state of ours.";

    public override async Task<bool> HandleRequestAsync()
    {
        // Where the tab goes from here depends on whether somebody is signed in.
        if (await ShouldHandleRequestAsync()) { Response.Headers[Problem.OpenerPolicy] = Problem.OpenerPolicyValue; }
        return await base.HandleRequestAsync();
    }

    protected override async Task<HandleRequestResult> HandleRemoteAuthenticateAsync()
    {
        var mode = Provider.Options.ResponseMode;
        var method = ResponseModes.IsPosted(mode) ? HttpMethods.Post : HttpMethods.Get;
        if (Request.Method != method) { return Refused($"The callback came by another method than {method}."); }
        if (!ResponseModes.IsPosted(mode) && !ResponseModes.IsSigned(mode))
        {
            return await HasStateOfOursAsync(Request.Query["state"]) ? await base.HandleRemoteAuthenticateAsync() : Refused(NoState);
        }

        AuthenticationProperties? properties = null;
        try
        {
            var form = ResponseModes.IsPosted(mode) ? await CallbackForm.ReadAsync(Request) : null;
            IReadOnlyCollection<KeyValuePair<string, StringValues>> parameters = [.. form ?? (IEnumerable<KeyValuePair<string, StringValues>>)Request.Query];
            var token = ResponseModes.IsSigned(mode) ? SignedResponse.In(parameters) : null;
            if (ResponseModes.IsSigned(mode) && token is null) { return Refused("The callback has no signed response, or something beside it."); }
            var state = token is not null ? new StringValues(SignedResponse.StateOf(token)) : form!["state"];
            properties = await HasStateOfOursAsync(state) ? Options.StateDataFormat.Unprotect(state[0]) : null;
            if (properties is null) { return Refused(NoState); }

            flow.Check(Context, Options, properties);   // before anything is fetched or verified for it
            if (form is not null
                && !CallbackForm.MayBeFrom(Request, await Provider.Metadata.GetConfigurationAsync(Context.RequestAborted), Provider.Options))
            {
                throw new SignInRefusedException(SignInFailure.InvalidState, "Another page than the provider's has posted the callback.");
            }

            if (token is not null) { Replace(await SignedResponse.OpenAsync(token, Provider, Context.RequestAborted)); }
        }
        catch (Exception error)
        {
            return HandleRequestResult.Fail(error, properties);   // with the properties, and so with the way back
        }

        return await base.HandleRemoteAuthenticateAsync();
    }

    private Provider Provider => ((OidcEvents)Events).Provider;

    /// <summary>The framework reads on what has been verified.</summary>
    private void Replace(Dictionary<string, StringValues> verified)
    {
        if (HttpMethods.IsPost(Request.Method)) { Request.Form = new FormCollection(verified); }
        else { Request.Query = new QueryCollection(verified); }
    }

    protected override async Task<bool> HandleSignOutCallbackAsync()
    {
        if (await HasStateOfOursAsync(Request.Query["state"])) { return await base.HandleSignOutCallbackAsync(); }

        // Some providers send no state back; whoever comes here without one is signed out, and should see a page.
        Response.Redirect(ReturnUrls.Of(Context).Default);
        return true;
    }

    /// <exception cref="Sessions.SessionStoreException">The key that sealed it may be one that cannot be read now.</exception>
    private async Task<bool> HasStateOfOursAsync(StringValues state)
    {
        if (state is not [{ Length: > 0 } sealedText, ..]) { return false; }
        health.Enter(StoreAccess.Read);
        return await keys.KnowsAsync(sealedText, Context.RequestAborted);
    }

    private static HandleRequestResult Refused(string why) => HandleRequestResult.Fail(new SignInRefusedException(SignInFailure.InvalidState, why));
}
