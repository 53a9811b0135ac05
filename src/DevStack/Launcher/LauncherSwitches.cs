using System.Globalization;

namespace DevStack.Launcher;

/// <summary>How the demo world is started.</summary>
/// <param name="SpaRoute">Bff serves the page too.</param>
/// <param name="ProviderDown">The provider goes away for a while after the first sign-in.</param>
/// <param name="Silent">The providers give no refresh tokens.</param>
/// <param name="Two">There are a second front end and a second provider.</param>
/// <param name="Nodes">How many Bffs there are behind a load balancer; 0 for one and none.</param>
internal sealed record LauncherSwitches(bool SpaRoute, bool ProviderDown, bool Silent, bool Two, int Nodes)
{
    public const int MinNodes = 2, MaxNodes = 9;

    private const string NodesSwitch = "--nodes";

    private static readonly string[] Known = ["--one-origin", "--provider-down", "--silent", "--two", NodesSwitch];

    /// <summary>Null when a word is none of the switches.</summary>
    public static LauncherSwitches? Read(string[] args)
    {
        var nodes = 0;
        if (Array.IndexOf(args, NodesSwitch) is var at and >= 0)
        {
            if (NodesIn(args, at + 1) is not { } number)
            {
                return null;
            }

            (nodes, args) = (number, [.. args[..at], .. args[(at + 2)..]]);
        }

        return args.All(Known[..^1].Contains)
            ? new(args.Contains(Known[0]), args.Contains(Known[1]), args.Contains(Known[2]), args.Contains(Known[3]), nodes)
            : null;
    }

    /// <summary>The word that is wrong.</summary>
    public static string Unknown(string[] args)
    {
        var at = Array.IndexOf(args, NodesSwitch);
        if (at >= 0 && NodesIn(args, at + 1) is null)
        {
            return $"{NodesSwitch} {args.ElementAtOrDefault(at + 1)}".TrimEnd();
        }

        return args.Where((_, index) => at < 0 || index != at + 1).FirstOrDefault(word => !Known.Contains(word)) ?? NodesSwitch;
    }

    private static int? NodesIn(string[] args, int index) =>
        int.TryParse(args.ElementAtOrDefault(index), NumberStyles.None, CultureInfo.InvariantCulture, out var nodes) && nodes is >= MinNodes and <= MaxNodes
            ? nodes : null;
}
