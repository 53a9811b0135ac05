using System.Text.RegularExpressions;

namespace Bff.Tests;

/// <summary>Holds the arrows between the folders of src/Bff: they point down only.</summary>
public partial class HouseTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Commands"] = ["Forwarding", "Guard", "Ops", "Reload", "Sessions", "Tokens"],
        ["Ops"] = ["Guard", "Reload", "Renewal", "Sessions", "Tokens"],   // Tokens: whether the provider was seen
        ["Login"] = ["Reload", "Sessions", "Tokens", "Guard"],
        ["Forwarding"] = ["Reload", "Renewal", "Sessions", "Guard"],
        ["Renewal"] = ["Sessions", "Tokens", "Guard"],
        ["Sessions"] = ["Reload", "Tokens"],   // Reload below all: options say what of them needs a restart
        ["Guard"] = ["Reload"],
        ["Tokens"] = ["Reload"],
        ["Reload"] = [],
    };

    private static readonly string Source = Path.Combine(Root(AppContext.BaseDirectory), "src", "Bff");

    public static TheoryData<string> Folders => [.. Directory.GetDirectories(Source).Select(path => Path.GetFileName(path)!).Where(name => name is not ("bin" or "obj" or "Properties" or "data"))];

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_folder_uses_only_the_folders_below_it(string folder)
    {
        Allowed.ShouldContainKey(folder, "a new folder needs its arrows here");
        var used = Files(folder).SelectMany(file => Uses().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value)).Distinct();
        used.Where(other => other != folder).ShouldBeSubsetOf(Allowed[folder]);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void The_namespace_is_the_folder(string folder)
    {
        foreach (var file in Files(folder))
        {
            var expected = "namespace Bff." + Path.GetRelativePath(Source, Path.GetDirectoryName(file)!).Replace(Path.DirectorySeparatorChar, '.') + ";";
            File.ReadAllText(file).ShouldContain(expected, customMessage: file);
        }
    }

    [Fact]
    public void Sessions_know_of_tokens_nothing_but_the_token_set()
    {
        var others = typeof(Program).Assembly.GetTypes().Where(type => type.Namespace == "Bff.Tokens" && !type.IsNested && type.Name != "TokenSet").Select(type => type.Name);
        var text = string.Concat(Files("Sessions").Select(File.ReadAllText));
        others.Where(name => Regex.IsMatch(text, $@"\b{Regex.Escape(name)}\b")).ShouldBeEmpty();
    }

    [Fact]
    public void Only_one_class_sends_refresh_tokens()
    {
        var senders = Directory.EnumerateFiles(Source, "*.cs", SearchOption.AllDirectories).Where(file => File.ReadAllText(file).Contains("RequestRefreshTokenAsync", StringComparison.Ordinal));
        senders.Select(Path.GetFileName).ShouldBe(["TokenEndpointClient.cs"]);
    }

    private static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(Path.Combine(Source, folder), "*.cs", SearchOption.AllDirectories);

    [GeneratedRegex(@"\bBff\.(Login|Forwarding|Renewal|Sessions|Guard|Tokens|Ops|Commands|Reload)\b(?![:.]?Token""|:)")]
    private static partial Regex Uses();

    private static string Root(string folder) => File.Exists(Path.Combine(folder, "Bff.sln")) ? folder : Root(Path.GetDirectoryName(folder)!);
}
