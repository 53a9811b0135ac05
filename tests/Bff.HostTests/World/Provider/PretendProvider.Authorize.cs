using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Bff.HostTests;

/// <summary>The authorization endpoint and pushed requests.</summary>
internal sealed partial class PretendProvider
{
    private readonly ConcurrentDictionary<string, DateTimeOffset> _signedInAt = new();

    /// <summary>Offers pushed authorization requests (RFC 9126).</summary>
    public bool OffersPushedRequests { get; set; }

    /// <summary>Offers pushed requests, and takes no others.</summary>
    public bool RequiresPushedRequests { get; set; }

    /// <summary>Pushed requests are announced, and each is refused so: 403 with <c>access_denied</c>, or another status with <c>invalid_request</c>.</summary>
    public int? RefusesPushedRequestsWith { get; set; }

    /// <summary>
    /// The only ways to answer an authorization request, announced: <c>query</c>, <c>form_post</c>, <c>query.jwt</c>, <c>form_post.jwt</c>, <c>jwt</c>. Null for
    /// whichever of them is asked for, and nothing announced.
    /// </summary>
    public IReadOnlyList<string>? ResponseModes { get; set; }

    /// <summary>Refresh tokens are given only to those who asked with <c>access_type=offline</c> and <c>prompt=consent</c>.</summary>
    public bool WantsAccessTypeOffline { get; set; }

    /// <summary>The requests that were pushed and taken.</summary>
    public IEnumerable<IReadOnlyDictionary<string, string>> Pushed => _pushed.Values;

    private bool AnnouncesPushedRequests => OffersPushedRequests || RequiresPushedRequests || RefusesPushedRequestsWith is not null;

    private async Task<IResult> PushAsync(HttpRequest request)
    {
        var form = Form(await request.ReadFormAsync());
        if (await RefuseClientAsync(request, form) is { } refused) { return refused; }
        if (RefusesPushedRequestsWith is { } status)
        {
            return Refuse(request, status, status == 403 ? "access_denied" : "invalid_request", "pushed requests are not for this client");
        }

        if (await RefuseProofAsync(request) is { } unproven) { return unproven; }
        if (KeyOf(request) is { } key && form.TryAdd("dpop_jkt", key) is false && form["dpop_jkt"] != key)
        {
            return Refuse(request, 400, "invalid_dpop_proof", "a dpop_jkt of another key than the proof's");
        }

        var uri = "urn:ietf:params:oauth:request_uri:" + NewSecret("request");
        form.TryAdd("client_id", AcceptedClientId);   // who it is may stand in the header or the assertion alone
        _pushed[uri] = form;
        return Results.Json(new { request_uri = uri, expires_in = 60 }, statusCode: 201);
    }

    private IResult Authorize(HttpContext context)
    {
        var asked = context.Request.Query.ToDictionary(pair => pair.Key, pair => pair.Value.ToString());
        var pushed = asked.GetValueOrDefault("request_uri");
        if (pushed is not null)
        {
            if (!_pushed.TryGetValue(pushed, out var known)) { return Refuse(context.Request, 400, "invalid_request_uri", "an unknown request_uri"); }
            asked = known;
        }

        Authorizations.Enqueue(asked);
        if (asked.GetValueOrDefault("client_id") != AcceptedClientId || asked.GetValueOrDefault("response_type") != "code")
        {
            return Results.BadRequest("unknown client or response type");
        }

        if (asked.GetValueOrDefault("code_challenge_method") != "S256" || asked.GetValueOrDefault("code_challenge") is not { Length: > 0 } challenge)
        {
            return Results.BadRequest("PKCE with S256 is required");
        }

        var mode = asked.GetValueOrDefault("response_mode", "query");
        if (!CanAnswer(mode)) { return Refuse(context.Request, 400, "invalid_request", $"the response_mode {mode} is not supported"); }
        var user = asked.GetValueOrDefault("login_hint") ?? context.Request.Cookies[SessionCookie];
        var isSilent = asked.GetValueOrDefault("prompt") == "none";
        var error = RuleBroken(context.Request, asked, pushed is not null) ?? AuthorizeError
            ?? (isSilent ? SilentError ?? (user is null || IsTooOld(user, asked) ? "login_required" : null) : null);
        var answer = new Dictionary<string, string?> { ["state"] = asked["state"], ["iss"] = Issuer };
        if (error is not null) { answer["error"] = error; }
        else
        {
            user ??= "alice";
            var grant = NewGrant(user, asked, isSignedIn: context.Request.Cookies[SessionCookie] == user);
            context.Response.Cookies.Append(SessionCookie, user);
            answer["code"] = NewSecret("code");
            answer["session_state"] = "state-of-" + user;
            _codes[answer["code"]!] = new Code(grant, asked["nonce"], asked["redirect_uri"], challenge, asked.GetValueOrDefault("dpop_jkt"));
        }

        ShapeAuthorizeAnswer(answer);
        return Respond(asked["redirect_uri"], mode, answer.Where(pair => pair.Value is not null).ToDictionary());
    }

    private string? RuleBroken(HttpRequest request, Dictionary<string, string> asked, bool isPushed)
    {
        if (RequiresPushedRequests && !isPushed) { return Broken("invalid_request", "a request that was not pushed"); }
        if (Proofs is not null && !asked.ContainsKey("dpop_jkt")) { return Broken("invalid_request", "no dpop_jkt"); }
        if (Target is { AlsoAtAuthorize: true } target && !target.Allowed.Contains(asked.GetValueOrDefault(target.Parameter)))
        {
            return Broken(target.Error, $"no {target.Parameter}, or an unknown one");
        }

        return null;

        string Broken(string error, string reason)
        {
            Refusals.Enqueue(new(request.Path, 302, error, reason));
            return error;
        }
    }

    private Grant NewGrant(string user, Dictionary<string, string> asked, bool isSignedIn)
    {
        var prompts = asked.GetValueOrDefault("prompt", "").Split(' ');
        var mustSignIn = !isSignedIn || (Strength is not { IgnoresAge: true } && (prompts.Contains("login") || IsTooOld(user, asked)));
        if (mustSignIn) { _signedInAt[user] = _clock.GetUtcNow(); }
        return new Grant(user, "sid-" + NewSecret("sid"))
        {
            Tenant = Tenant,
            MayRefresh = !WantsAccessTypeOffline || (asked.GetValueOrDefault("access_type") == "offline" && prompts.Contains("consent")),
            Acr = Strength is { } rule ? rule.AcrInstead ?? asked.GetValueOrDefault("acr_values")?.Split(' ')[0] ?? rule.UsualAcr : null,
            AuthTime = Strength is null ? null : _signedInAt.GetOrAdd(user, _clock.GetUtcNow()),
        };
    }

    private bool IsTooOld(string user, Dictionary<string, string> asked) =>
        Strength is { IgnoresAge: false } && long.TryParse(asked.GetValueOrDefault("max_age"), out var seconds)
        && (!_signedInAt.TryGetValue(user, out var at) || seconds == 0 || _clock.GetUtcNow() - at > TimeSpan.FromSeconds(seconds));

    private bool CanAnswer(string mode) =>
        ResponseModes?.Contains(mode) ?? mode is "query" or "form_post" or "query.jwt" or "form_post.jwt" or "jwt";

    private static bool IsSigned(string mode) => mode.EndsWith("jwt", StringComparison.Ordinal);

    private IResult Respond(string redirectUri, string mode, Dictionary<string, string?> answer)
    {
        if (IsSigned(mode))
        {
            var claims = answer.ToDictionary(pair => pair.Key, pair => (object?)pair.Value);
            (claims["iss"], claims["aud"], claims["exp"]) = (Issuer, AcceptedClientId, _clock.GetUtcNow().AddMinutes(10).ToUnixTimeSeconds());
            ShapeSignedAnswer(claims);
            answer = new() { ["response"] = Keep("authorization response", SignAnswer(claims)) };
        }

        if (!mode.StartsWith("form_post", StringComparison.Ordinal)) { return Results.Redirect(QueryHelpers.AddQueryString(redirectUri, answer)); }
        var fields = answer.Select(pair => $"""<input type="hidden" name="{WebUtility.HtmlEncode(pair.Key)}" value="{WebUtility.HtmlEncode(pair.Value)}"/>""");
        return Results.Content(
            $"""
            <html><head><title>Submit This Form</title></head><body onload="javascript:document.forms[0].submit()">
            <form method="post" action="{WebUtility.HtmlEncode(redirectUri)}">{string.Concat(fields)}</form></body></html>
            """,
            "text/html");
    }
}
