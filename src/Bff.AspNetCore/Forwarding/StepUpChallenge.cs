using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Bff.Guard;
using NameValueHeaderValue = Microsoft.Net.Http.Headers.NameValueHeaderValue;

namespace Bff.Forwarding;

/// <summary>
/// An API's challenge that asks for another sign-in (RFC 9470 section 3), told to the page in a header of our own: what to ask for, encoded as a form. The page
/// need not take a challenge apart, whose grammar is harder than it looks (RFC 9110 section 11.6.1).
/// </summary>
internal static class StepUpChallenge
{
    /// <summary>Of all challenges together; what is longer is passed on and not read.</summary>
    private const int MaxChallenges = 4096;

    public static void Tell(IHeaderDictionary headers, HttpResponseMessage answer)
    {
        if (answer.StatusCode == HttpStatusCode.Unauthorized && Read(answer.Headers) is { } asked) { headers[StepUp.Header] = asked; }
    }

    /// <returns>Null when no challenge asks for a sign-in, or the first that does cannot be understood.</returns>
    public static string? Read(HttpResponseHeaders headers)
    {
        if (!headers.NonValidated.TryGetValues("WWW-Authenticate", out var lines) || lines.Sum(line => line.Length) > MaxChallenges) { return null; }
        foreach (var challenge in headers.WwwAuthenticate)
        {
            // Of a token's scheme; what others call an error is not known.
            if (!IsOfToken(challenge.Scheme) || ParametersOf(challenge) is not { } parameters) { continue; }
            if (parameters.GetValueOrDefault("error") == StepUp.Error) { return Encode(parameters); }
        }

        return null;
    }

    /// <summary>What a challenge says is wrong with the token (RFC 6750 section 3); null when none says so, or it cannot be understood.</summary>
    public static string? ErrorIn(HttpResponseHeaders headers)
    {
        if (!headers.NonValidated.TryGetValues("WWW-Authenticate", out var lines) || lines.Sum(line => line.Length) > MaxChallenges) { return null; }
        return headers.WwwAuthenticate.Where(challenge => IsOfToken(challenge.Scheme))
            .Select(challenge => ParametersOf(challenge)?.GetValueOrDefault("error")).FirstOrDefault(error => error is not null);
    }

    private static bool IsOfToken(string scheme) =>
        scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase) || scheme.Equals("DPoP", StringComparison.OrdinalIgnoreCase);

    /// <returns>Null when they are none, or one comes twice (RFC 9110 section 11.2).</returns>
    private static Dictionary<string, string>? ParametersOf(AuthenticationHeaderValue challenge)
    {
        if (!NameValueHeaderValue.TryParseStrictList([challenge.Parameter ?? ""], out var list)) { return null; }
        var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        return list.All(one => parameters.TryAdd(one.Name.ToString(), one.GetUnescapedValue().ToString())) ? parameters : null;
    }

    /// <returns>Null when a value is nothing that a page could ask for.</returns>
    private static string? Encode(Dictionary<string, string> parameters)
    {
        var hasAcrValues = parameters.TryGetValue("acr_values", out var acrValues);

        // Printable, with single spaces between (RFC 9470 section 3, RFC 6749 appendix A).
        if (hasAcrValues
            && (acrValues!.Length > StepUp.MaxAcrValues || acrValues.Split(' ').Any(value => value.Length == 0 || value.Any(c => c is < '!' or > '~'))))
        {
            return null;
        }

        if (!parameters.TryGetValue("max_age", out var maxAge)) { return StepUp.Encode(acrValues, maxAge: null); }
        return int.TryParse(maxAge, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? StepUp.Encode(acrValues, seconds) : null;
    }
}
