using Microsoft.AspNetCore.WebUtilities;

namespace Bff.Login;

/// <summary>How a page learns what went wrong: the names of RFC 6749 section 4.1.2.1.</summary>
internal static class ErrorQuery
{
    public static string AddTo(string page, string error, string? description)
    {
        var url = QueryHelpers.AddQueryString(page, "error", error);
        return description is null ? url : QueryHelpers.AddQueryString(url, "error_description", description);
    }
}
