namespace Bff.HostTests;

/// <summary>
/// Who the tokens are for has to be said in each token call, at code and at refresh, in this parameter. Access tokens get it as their <c>aud</c>.
/// </summary>
/// <param name="Parameter"><c>resource</c> (RFC 8707), <c>audience</c> or <c>scope</c>.</param>
/// <param name="Allowed">What may be asked for; for <c>scope</c> each with its resource before the last slash, as <c>api://orders/.default</c>.</param>
internal sealed record TargetRule(string Parameter, params string[] Allowed)
{
    /// <summary>Has to be said in the authorization request too.</summary>
    public bool AlsoAtAuthorize { get; init; }

    public string Error => Parameter == "scope" ? "invalid_scope" : "invalid_target";

    public string AudienceOf(string value) => Parameter == "scope" && value.LastIndexOf('/') is > 0 and var end ? value[..end] : value;
}

/// <summary>ID tokens say how and when somebody signed in: <c>acr</c> as asked by <c>acr_values</c>, and <c>auth_time</c>.</summary>
internal sealed class StrengthRule
{
    /// <summary>The <c>acr</c> of each sign-in, whatever was asked.</summary>
    public string? AcrInstead { get; set; }

    /// <summary>The <c>acr</c> of a sign-in that asked for none; null for no <c>acr</c>.</summary>
    public string? UsualAcr { get; set; }

    /// <summary>Neither <c>max_age</c> nor <c>prompt=login</c> makes anybody sign in again, so <c>auth_time</c> may be older than asked.</summary>
    public bool IgnoresAge { get; set; }
}

/// <summary>A user's name and e-mail address are at <c>/userinfo</c>, and no more in ID tokens.</summary>
internal sealed class UserInfoRule
{
    /// <summary>Answers a signed token (<c>application/jwt</c>) instead of JSON.</summary>
    public bool IsSigned { get; set; }

    /// <summary>ID tokens have the name all the same.</summary>
    public bool NameInIdTokenToo { get; set; }

    /// <summary>The <c>sub</c> of the answer, whoever asks.</summary>
    public string? SubjectInstead { get; set; }

    public Action<IDictionary<string, object?>> Shape { get; set; } = _ => { };
}

/// <summary>How a provider wants to be asked to sign somebody out.</summary>
internal enum SignOutStyle
{
    /// <summary>OpenID Connect's <c>end_session_endpoint</c>.</summary>
    EndSession,

    /// <summary><c>/logout</c> with <c>client_id</c> and a registered <c>logout_uri</c>; nothing in the metadata, no <c>post_logout_redirect_uri</c>.</summary>
    Cognito,

    /// <summary><c>/v2/logout</c> with <c>client_id</c> and a registered <c>returnTo</c>; nothing in the metadata.</summary>
    Auth0,
}
