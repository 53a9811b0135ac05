using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.Options;

namespace DevStack.Provider.Protocol;

/// <summary>The authorization request as the browser brought it, so that it can be brought again after login or consent.</summary>
internal sealed class AuthorizeRequest
{
    private AuthorizeRequest(IEnumerable<KeyValuePair<string, string>> parameters, string? consentAnswer)
    {
        Parameters = [.. parameters];
        ConsentAnswer = consentAnswer;
        Url = Routes.Authorize + new QueryBuilder(Parameters);
    }

    /// <summary>The name of the consent page's buttons.</summary>
    public const string ConsentField = "consent";

    public IReadOnlyList<KeyValuePair<string, string>> Parameters { get; }

    /// <summary>Where to come back to; the same request always gives the same address.</summary>
    public string Url { get; }

    /// <summary>The button pressed on the consent page, when this request comes from there.</summary>
    public string? ConsentAnswer { get; }

    public static async Task<AuthorizeRequest> ReadAsync(HttpContext context)
    {
        var request = context.Request;
        var form = request.HasFormContentType ? await request.ReadFormAsync(context.RequestAborted) : FormCollection.Empty;
        var antiforgeryField = context.RequestServices.GetRequiredService<IOptions<AntiforgeryOptions>>().Value.FormFieldName;
        var parameters =
            from pair in HttpMethods.IsPost(request.Method) ? form : request.Query.AsEnumerable()
            where pair.Key != ConsentField && pair.Key != antiforgeryField
            from value in pair.Value
            select KeyValuePair.Create(pair.Key, value ?? "");
        return new AuthorizeRequest(parameters, form[ConsentField]);
    }

    /// <summary>A short name of one request, to remember in the login cookie which request a login answered.</summary>
    public static string Fingerprint(string url) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(url)));
}
