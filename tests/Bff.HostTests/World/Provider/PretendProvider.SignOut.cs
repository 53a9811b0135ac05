using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Bff.HostTests;

/// <summary>Signing out and revoking.</summary>
internal sealed partial class PretendProvider
{
    /// <summary>How it wants to be asked to sign somebody out; the other ways are not there.</summary>
    public SignOutStyle SignOut { get; set; }

    /// <summary>Where a sign-out may lead. Empty for everywhere, except that <see cref="SignOutStyle.Cognito"/> and <see cref="SignOutStyle.Auth0"/> want one.</summary>
    public ISet<string> RegisteredSignOutUris { get; } = new HashSet<string>();

    /// <summary>A sign-out without one of its ID tokens as <c>id_token_hint</c> is refused.</summary>
    public bool RequiresIdTokenHint { get; set; }

    /// <summary>RFC 7009 section 2.2.1.</summary>
    public bool RevokesNoAccessTokens { get; set; }

    /// <summary>Characters of the longest URL that is taken from a browser; a longer one is answered 414.</summary>
    public int? LongestUrl { get; set; }

    private Task RefuseLongUrlsAsync(HttpContext context, RequestDelegate next)
    {
        var request = context.Request;
        var length = $"{request.Scheme}://{request.Host}{request.Path}{request.QueryString}".Length;
        return HttpMethods.IsGet(request.Method) && length > LongestUrl
            ? Refuse(request, 414, "invalid_request", $"a URL of {length} characters").ExecuteAsync(context)
            : next(context);
    }

    private async Task<IResult> RevokeAsync(HttpRequest request)
    {
        var form = Form(await request.ReadFormAsync());
        Revocations.Enqueue(form);
        if (await RefuseClientAsync(request, form) is { } refused) { return refused; }
        if (RevokesNoAccessTokens && form["token_type_hint"] == "access_token") { return Error(request, 400, "unsupported_token_type"); }
        lock (_gate)
        {
            if (_grants.Find(grant => grant.RefreshToken == form["token"]) is { } grant) { grant.Over = true; }
            _accessTokens.TryRemove(form["token"], out _);
        }

        return Results.Ok();
    }

    private IResult EndSession(HttpRequest request)
    {
        if (SignOut != SignOutStyle.EndSession) { return Results.NotFound(); }
        if (RequiresIdTokenHint && !_idTokens.ContainsKey(request.Query["id_token_hint"].ToString()))
        {
            return Refuse(request, 400, "invalid_request", "no id_token_hint, or not one of ours");
        }

        var back = request.Query["post_logout_redirect_uri"].ToString();
        if (RegisteredSignOutUris.Count > 0 && !RegisteredSignOutUris.Contains(back))
        {
            return Refuse(request, 400, "invalid_request", "a post_logout_redirect_uri that is not registered");
        }

        return SignOutTo(request, QueryHelpers.AddQueryString(back, "state", request.Query["state"].ToString()));
    }

    private IResult CognitoLogout(HttpRequest request)
    {
        if (SignOut != SignOutStyle.Cognito) { return Results.NotFound(); }
        if (request.Query.ContainsKey("post_logout_redirect_uri")) { return Refuse(request, 400, "invalid_request", "a post_logout_redirect_uri"); }
        return LeaveBy(request, "logout_uri");
    }

    private IResult Auth0Logout(HttpRequest request) => SignOut == SignOutStyle.Auth0 ? LeaveBy(request, "returnTo") : Results.NotFound();

    private IResult LeaveBy(HttpRequest request, string parameter)
    {
        if (request.Query["client_id"] != AcceptedClientId) { return Refuse(request, 400, "invalid_request", "no client_id, or an unknown one"); }
        var back = request.Query[parameter].ToString();
        return RegisteredSignOutUris.Contains(back)
            ? SignOutTo(request, back)
            : Refuse(request, 400, "invalid_request", $"no {parameter}, or one that is not registered");
    }

    private IResult SignOutTo(HttpRequest request, string back)
    {
        SignOuts.Enqueue(request.Query.ToDictionary(pair => pair.Key, pair => pair.Value.ToString()));
        request.HttpContext.Response.Cookies.Delete(SessionCookie);
        return Results.Redirect(back);
    }
}
