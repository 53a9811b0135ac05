using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Bff.Tests.Documentation;

namespace Bff.Tests;

/// <summary>What <c>eng/release.sh</c> says of a release; that it makes one, its dry run shows.</summary>
public sealed partial class ReleaseTests
{
    private const string Digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private static readonly string Program = AppContext.BaseDirectory;

    [Fact]
    public void The_bill_of_materials_has_what_is_in_the_program_and_nothing_else()
    {
        var bill = Bill("program", Program);
        using var deps = JsonDocument.Parse(File.ReadAllText(Path.Combine(Program, "Bff.deps.json")));
        var shipped = deps.RootElement.GetProperty("libraries").EnumerateObject()
            .Where(library => library.Value.GetProperty("type").GetString() == "package").Select(library => library.Name.Replace('/', '@'));

        var packages = bill.GetProperty("components").EnumerateArray().Where(component => Text(component, "type") == "library").ToList();
        packages.Select(Named).ShouldBe([.. shipped, "bff-js@0.1.0", "uplot@1.6.32"], ignoreOrder: true);
        packages.ShouldAllBe(package => Text(package, "purl").StartsWith("pkg:", StringComparison.Ordinal));
        packages.ShouldAllBe(package => package.GetProperty("licenses").GetArrayLength() == 1);
        packages.Where(package => Text(package, "name") != "bff-js").ShouldAllBe(package => Hash(package).Length == 128);
        bill.GetProperty("components").EnumerateArray().Where(component => Text(component, "type") == "framework").Select(component => Text(component, "name"))
            .ShouldBe(["Microsoft.AspNetCore.App", "Microsoft.NETCore.App"], "what the machine must have is named, too");
    }

    [Fact]
    public void Whatever_it_refers_to_is_in_it_once()
    {
        var bill = Bill("program", Program);
        var main = Text(bill.GetProperty("metadata").GetProperty("component"), "bom-ref");
        var known = bill.GetProperty("components").EnumerateArray().Select(component => Text(component, "bom-ref")).Append(main).ToList();
        var dependencies = bill.GetProperty("dependencies").EnumerateArray().ToList();

        known.ShouldBeUnique();
        dependencies.Select(dependency => Text(dependency, "ref")).ShouldBe(known, ignoreOrder: true);
        dependencies.SelectMany(dependency => dependency.GetProperty("dependsOn").EnumerateArray()).ShouldAllBe(to => known.Contains(to.GetString()!));
        dependencies.Single(dependency => Text(dependency, "ref") == main).GetProperty("dependsOn").GetArrayLength().ShouldBeGreaterThan(10);
    }

    [Fact]
    public void The_same_program_has_the_same_bill() => Node("eng/sbom.mjs", "program", Program).ShouldBe(Node("eng/sbom.mjs", "program", Program));

    [Fact]
    public void The_bill_of_an_image_has_its_base_by_digest_and_what_is_installed_there()
    {
        var status = Path.GetTempFileName();
        File.WriteAllText(status, """
            Package: libc6
            Status: install ok installed
            Architecture: amd64
            Version: 2.39-0ubuntu8.4
            Description: C library
             of more than one line

            Package: tzdata
            Version: 2025b
            Architecture: all

            """);

        var bill = Bill("image", Program, "--base", "registry.example.com/dotnet/aspnet:10.0@" + Digest, "--dpkg", status);

        var components = bill.GetProperty("components").EnumerateArray().ToList();

        var image = components.Single(component => Text(component, "type") == "container");
        (Named(image), Hash(image)).ShouldBe(("registry.example.com/dotnet/aspnet@10.0", Digest["sha256:".Length..]));
        components.Where(component => Text(component, "purl").StartsWith("pkg:deb/", StringComparison.Ordinal)).Select(Named)
            .ShouldBe(["libc6@2.39-0ubuntu8.4", "tzdata@2025b"]);
        File.Delete(status);
    }

    [Fact]
    public void Provenance_names_the_files_by_their_hashes_and_the_commit_they_were_made_of()
    {
        var file = Path.Combine(Repository.Root, "LICENSE");
        var said = Node("eng/provenance.mjs", "--builder", "https://ci.example.com/", "--version", "1.2.3", "--parameter", "runtimes=portable", file);
        var statement = JsonDocument.Parse(said).RootElement;

        var subject = statement.GetProperty("subject").EnumerateArray().Single();
        (Text(subject, "name"), Text(subject.GetProperty("digest"), "sha256"))
            .ShouldBe(("LICENSE", Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))));
        var build = statement.GetProperty("predicate").GetProperty("buildDefinition");
        Text(build.GetProperty("externalParameters"), "runtimes").ShouldBe("portable");
        var materials = build.GetProperty("resolvedDependencies").EnumerateArray().ToList();
        Text(materials[0].GetProperty("digest"), "gitCommit").Length.ShouldBe(40);
        Text(materials[0], "uri").ShouldNotContain("@", Case.Sensitive, "an address may hold a password");
        materials.Skip(1).Select(material => Text(material, "name")).ShouldContain("src/Bff/packages.lock.json");
    }

    [Fact]
    public void Each_image_that_a_Dockerfile_builds_on_has_its_line_in_the_lock()
    {
        var files = Directory.GetFiles(Path.Combine(Repository.Root, "src"), "Dockerfile", SearchOption.AllDirectories).Select(File.ReadAllText).ToList();
        files.Count.ShouldBe(3);
        var images = files.SelectMany(file => BaseImage().Matches(file)).Select(match => match.Groups["image"].Value.Replace('=', ' ')).Distinct().ToList();

        images.ShouldBe(Locked().Select(line => line[..line.LastIndexOf(' ')]), ignoreOrder: true);
        files.SelectMany(file => From().Matches(file)).Select(match => match.Groups["image"].Value).Distinct()
            .ShouldBe(["$SDK", "$RUNTIME"], ignoreOrder: true, "eng/base-images.sh passes these two");
    }

    [Fact]
    public void Digests_are_looked_up_and_passed_to_a_build()
    {
        var folder = Directory.CreateTempSubdirectory("bff-release-");
        var locked = Path.Combine(folder.FullName, "lock");
        File.WriteAllText(locked, "# what it is\n" + string.Join('\n', Locked()) + "\n");
        WriteTool("docker", "exit 1");
        WriteTool("skopeo", $"echo {Digest}");

        Script(0, "update").ShouldContain("dotnet/sdk:10.0: - -> " + Digest);
        Script(0, "check").ShouldBeEmpty();
        Script(0, "args").ShouldContain($"--build-arg RUNTIME=mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled@{Digest}");

        WriteTool("skopeo", "exit 1");
        Script(1, "update").ShouldContain($"NOT LOOKED UP: no registry answers here; it stays '{Digest}'");
        File.ReadAllText(locked).ShouldStartWith("# what it is\n");
        folder.Delete(recursive: true);

        string Script(int exitCode, string word)
        {
            var path = $"{folder.FullName}:{Environment.GetEnvironmentVariable("PATH")}";
            return Run("bash", exitCode, ["eng/base-images.sh", word], ("PATH", path), ("BASE_IMAGES_LOCK", locked));
        }

        void WriteTool(string name, string body)
        {
            var path = Path.Combine(folder.FullName, name);
            File.WriteAllText(path, "#!/bin/sh\n" + body + "\n");
            if (!OperatingSystem.IsWindows()) { File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute); }
        }
    }

    private static IEnumerable<string> Locked() =>
        Repository.Read("eng/base-images.lock").Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith('#'));

    private static JsonElement Bill(params string[] arguments) => JsonDocument.Parse(Node(["eng/sbom.mjs", .. arguments])).RootElement;

    private static string Node(params string[] arguments) => Run("node", 0, arguments);

    private static string Run(string program, int exitCode, string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Repository.Root, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var (name, value) in environment) { start.Environment[name] = value; }
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd() + errors.GetAwaiter().GetResult();
        process.WaitForExit();
        process.ExitCode.ShouldBe(exitCode, output);
        return output;
    }

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString()! : "";

    private static string Named(JsonElement component) => $"{Text(component, "name")}@{Text(component, "version")}";

    private static string Hash(JsonElement component) => Text(component.GetProperty("hashes")[0], "content");

    [GeneratedRegex("^ARG (?<image>(SDK|RUNTIME)=.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex BaseImage();

    [GeneratedRegex(@"^FROM (--\S+ )*(?<image>\S+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex From();
}
