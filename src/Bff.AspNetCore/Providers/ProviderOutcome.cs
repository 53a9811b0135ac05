namespace Bff.Providers;

internal static class ProviderOutcome
{
    public const string Ok = "ok";

    /// <summary>It said no: to the user's grant, or to us.</summary>
    public const string Refused = "refused";

    public const string Unavailable = "unavailable";

    /// <summary>No answer in time, or nobody waited for it any longer.</summary>
    public const string Timeout = "timeout";

    public const string Connection = "connection";

    public static string Of(int status) => status switch
    {
        408 or 429 or >= 500 => Unavailable,
        >= 400 => Refused,
        _ => Ok,
    };
}
