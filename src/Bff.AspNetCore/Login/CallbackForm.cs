using Bff.Guard;
using Bff.Providers;
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
    /// <param name="request">With the form.</param>
    /// <param name="provider">Its metadata; null while they are not known, and nothing can be said.</param>
    /// <param name="options">Of the provider.</param>
    public static bool MayBeFrom(HttpRequest request, OpenIdConnectConfiguration? provider, OidcOptions options) =>
        request.Headers.Origin is var origin && origin switch
        {
            [] => true,
            ["null"] => true,
            [{ } one] => provider is null || IsOriginOf(provider.AuthorizationEndpoint, one)
                || options.FormPostOrigins.Contains(one, StringComparer.OrdinalIgnoreCase),
            _ => false,
        };

    private static bool IsOriginOf(string? endpoint, string origin) => Uri.TryCreate(endpoint, UriKind.Absolute, out var uri)
        && uri.GetLeftPart(UriPartial.Authority).Equals(origin, StringComparison.OrdinalIgnoreCase);

    private static bool IsUrlEncoded(HttpRequest request) =>
        request.ContentType!.Split(';')[0].Trim().Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase);

    private static SignInRefusedException Refused(string why) => new(SignInFailure.InvalidState, why);
}
