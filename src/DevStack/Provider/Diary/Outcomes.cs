namespace DevStack.Provider.Diary;

/// <summary>How a token request ended.</summary>
internal static class Outcomes
{
    public const string Issued = "issued";
    public const string Refreshed = "refreshed";
    public const string ReusedWithinLeeway = "reused-within-leeway";
    public const string ReusedRejected = "reused-rejected";

    public static string Rejected(string error) => $"rejected {error}";
}
