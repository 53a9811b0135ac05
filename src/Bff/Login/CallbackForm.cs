using Bff.Guard;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Bff.Login;

/// <summary>
/// The form that a provider's page posts to the callback (OAuth 2.0 Form Post Response Mode). Any page can post one, in our visitor's name; what ties it to the
/// flow are the state and its cookie, and the origin is a second look.
/// </summary>
internal static class CallbackForm
{
    /// <summary>Those of an authorization response are seven.</summary>
    private const int MaxFields = 32;

    /// <exception cref="SignInRefusedException">It is none, or too large.</exception>
    public static async Task<IFormCollection> ReadAsync(HttpRequest request)
    {
        if (!request.HasFormContentType || !IsUrlEncoded(request)) { throw Refused("The callback has no form."); }
        if (request.QueryString.HasValue) { throw Refused("The callback has a query beside its form."); }
        try
        {
            var limits = new FormOptions { BufferBodyLengthLimit = BodyLimit.Bytes, ValueCountLimit = MaxFields, ValueLengthLimit = BodyLimit.Bytes };
            request.HttpContext.Features.Set<IFormFeature>(new FormFeature(request, limits));
            return await request.ReadFormAsync(request.HttpContext.RequestAborted);
        }
        catch (Exception error) when (error is BadHttpRequestException or InvalidDataException or IOException)
        {
            throw Refused("The callback's form is too large, or cannot be read.");
        }
    }

    /// <summary>A page without an origin (a sandbox, or one that hides where it is) says <c>null</c>; some programs between say nothing.</summary>
    public static bool IsFrom(HttpRequest request, OpenIdConnectConfiguration? provider) => request.Headers.Origin is var origin
        && (origin.Count == 0 || (origin.Count == 1 && (origin[0] is "null" || IsOriginOf(provider?.AuthorizationEndpoint, origin[0]!))));

    private static bool IsOriginOf(string? endpoint, string origin) => Uri.TryCreate(endpoint, UriKind.Absolute, out var uri)
        && uri.GetLeftPart(UriPartial.Authority).Equals(origin, StringComparison.OrdinalIgnoreCase);

    private static bool IsUrlEncoded(HttpRequest request) =>
        request.ContentType!.Split(';')[0].Trim().Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase);

    private static SignInRefusedException Refused(string why) => new(SignInFailure.InvalidState, why);
}
