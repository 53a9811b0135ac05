using System.Net;
using System.Text.RegularExpressions;

namespace Bff.HostTests;

/// <summary>A form that submits itself when its page is opened.</summary>
internal sealed partial record PostedForm(Uri Page, Uri Action, Dictionary<string, string> Fields)
{
    /// <returns>Null when the answer has none.</returns>
    public static PostedForm? In(Answer answer)
    {
        var form = Form().Match(answer.Body);
        if (answer.Status != HttpStatusCode.OK || !form.Success || !answer.Body.Contains(".submit()", StringComparison.Ordinal)) { return null; }
        var fields = Field().Matches(answer.Body).ToDictionary(field => Decoded(field.Groups["name"]), field => Decoded(field.Groups["value"]));
        return new(answer.Url, new Uri(answer.Url, Decoded(form.Groups["action"])), fields);
    }

    private static string Decoded(Group found) => WebUtility.HtmlDecode(found.Value);

    [GeneratedRegex("<form method=\"post\" action=\"(?<action>[^\"]*)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Form();

    [GeneratedRegex("<input type=\"hidden\" name=\"(?<name>[^\"]*)\" value=\"(?<value>[^\"]*)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Field();
}
