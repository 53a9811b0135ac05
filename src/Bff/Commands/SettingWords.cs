namespace Bff.Commands;

/// <summary>
/// Which words of a command line are settings, for the configuration: <c>--Bff:Oidc:Authority=…</c>, with a value of its own or as the next word.
/// </summary>
internal static class SettingWords
{
    /// <summary>Where settings begin that somebody reads.</summary>
    public static readonly IReadOnlyList<string> Roots = ["Bff", "ReverseProxy", "Kestrel", "Logging"];

    /// <summary>The host's own, which have no section.</summary>
    private static readonly string[] HostKeys =
    [
        WebHostDefaults.ServerUrlsKey, WebHostDefaults.HttpPortsKey, WebHostDefaults.HttpsPortsKey, WebHostDefaults.EnvironmentKey,
        WebHostDefaults.ContentRootKey, WebHostDefaults.WebRootKey,
        WebHostDefaults.ApplicationKey, WebHostDefaults.DetailedErrorsKey, WebHostDefaults.CaptureStartupErrorsKey, WebHostDefaults.PreferHostingUrlsKey,
        WebHostDefaults.ShutdownTimeoutKey,
        WebHostDefaults.StartupAssemblyKey, WebHostDefaults.SuppressStatusMessagesKey, WebHostDefaults.PreventHostingStartupKey,
        WebHostDefaults.HostingStartupAssembliesKey,
        WebHostDefaults.HostingStartupExcludeAssembliesKey, WebHostDefaults.StaticWebAssetsKey, "AllowedHosts", "ForwardedHeaders_Enabled",
    ];

    /// <summary>OpenTelemetry's standard names, which its library reads from the configuration, too.</summary>
    private const string OpenTelemetry = "OTEL_";

    /// <returns>What is left for commands and options, and the settings as they were written.</returns>
    public static (string[] Words, string[] Settings) Split(IReadOnlyList<string> args)
    {
        var (words, settings) = (new List<string>(), new List<string>());
        for (var i = 0; i < args.Count; i++)
        {
            var hasValue = args[i].Contains('=', StringComparison.Ordinal);   // without one, /bff is a folder
            var isSetting = (hasValue || IsSwitch(args[i])) && IsKnown(KeyOf(args[i]));
            if (isSetting && !hasValue && i + 1 < args.Count) { settings.AddRange([args[i], args[++i]]); }
            else if (isSetting && hasValue) { settings.Add(args[i]); }
            else { words.Add(args[i]); }   // also a setting without a value, which the framework would drop without a word
        }

        return ([.. words], [.. settings]);
    }

    /// <summary>A word without its value, which may be a secret.</summary>
    public static string WithoutValue(string word) => word.Split('=', 2)[0];

    public static bool LacksValue(string word) => IsSwitch(word) && IsKnown(KeyOf(word));

    private static bool IsSwitch(string word) => word.StartsWith("--", StringComparison.Ordinal);

    private static string KeyOf(string word)
    {
        var key = WithoutValue(word);
        return key.StartsWith("--", StringComparison.Ordinal) ? key[2..] : key.StartsWith('/') ? key[1..] : key;
    }

    private static bool IsKnown(string key) => key.StartsWith(OpenTelemetry, StringComparison.OrdinalIgnoreCase)
        || HostKeys.Contains(key, StringComparer.OrdinalIgnoreCase) || Roots.Contains(key.Split(':')[0], StringComparer.OrdinalIgnoreCase);
}
