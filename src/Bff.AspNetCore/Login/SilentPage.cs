using Bff.Sessions.Authentication;
using Microsoft.AspNetCore.WebUtilities;

namespace Bff.Login;

/// <summary>What the silent page is told.</summary>
internal static class SilentPage
{
    /// <summary>Marks a sign-in as silent, and says where it ends.</summary>
    public const string Item = SessionAuthentication.Silent;

    public static string Success(string page) => QueryHelpers.AddQueryString(page, "result", "ok");

    public static string Failure(string page, string error, string? description = null) =>
        ErrorQuery.AddTo(QueryHelpers.AddQueryString(page, "result", "error"), error, description);
}
