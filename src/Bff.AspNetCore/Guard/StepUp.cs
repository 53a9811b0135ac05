using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;

namespace Bff.Guard;

/// <summary>How a page learns that an API, or a policy, wants its user to sign in in another way, or anew (RFC 9470).</summary>
internal static class StepUp
{
    /// <summary>A response header that a page of any origin we allow may read: what to ask for, encoded as a form.</summary>
    public const string Header = "Bff-Step-Up";

    public const string Error = "insufficient_user_authentication";

    /// <summary>What a sign-in takes of it is less than a parameter of <c>/bff/login</c> may have.</summary>
    public const int MaxAcrValues = 1000;

    /// <param name="acrValues">Separated by spaces; null for whatever way.</param>
    /// <param name="maxAge">In seconds; null for however long ago.</param>
    public static string Encode(string? acrValues, int? maxAge) =>
        $"error={Error}{(acrValues is null && maxAge is null ? "" : "&")}{EncodeLogin(acrValues, maxAge)}";

    /// <summary>As parameters of a sign-in.</summary>
    public static string EncodeLogin(string? acrValues, int? maxAge)
    {
        var asked = new Dictionary<string, string?>();
        if (acrValues is not null) { asked["acr_values"] = acrValues; }
        if (maxAge is { } seconds) { asked["max_age"] = seconds.ToString(CultureInfo.InvariantCulture); }
        return asked.Count == 0 ? "" : QueryHelpers.AddQueryString("", asked)[1..];
    }
}
