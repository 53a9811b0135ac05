namespace DevStack.Launcher;

/// <summary>How the demo world is started.</summary>
/// <param name="SpaRoute">Bff serves the page too.</param>
/// <param name="ProviderDown">The provider goes away for a while after the first sign-in.</param>
/// <param name="Silent">The providers give no refresh tokens.</param>
/// <param name="Two">There are a second front end and a second provider.</param>
internal sealed record LauncherSwitches(bool SpaRoute, bool ProviderDown, bool Silent, bool Two)
{
    private static readonly string[] Known = ["--one-origin", "--provider-down", "--silent", "--two"];

    /// <summary>Null when a word is none of the switches.</summary>
    public static LauncherSwitches? Read(string[] args) =>
        args.All(Knows) ? new(args.Contains(Known[0]), args.Contains(Known[1]), args.Contains(Known[2]), args.Contains(Known[3])) : null;

    public static bool Knows(string word) => Known.Contains(word);
}
