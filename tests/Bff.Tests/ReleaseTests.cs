using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
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
        materials.Skip(1).Select(material => Text(material, "name")).ShouldContain("src/Bff.AspNetCore/packages.lock.json");
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
        using var tools = new Tools();
        var locked = Path.GetTempFileName();
        File.WriteAllText(locked, "# what it is\n" + string.Join('\n', Locked()) + "\n");
        tools.Write("docker", "exit 1");
        tools.Write("skopeo", $"echo {Digest}");

        Script(0, "update").ShouldContain(" -> " + Digest);
        Script(0, "check").ShouldBeEmpty();
        Script(0, "args").ShouldContain($"--build-arg RUNTIME=mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled@{Digest}");

        tools.Write("skopeo", "exit 1");
        Script(1, "update").ShouldContain($"NOT LOOKED UP: no registry answers here; it stays '{Digest}'");
        File.ReadAllText(locked).ShouldStartWith("# what it is\n");
        File.Delete(locked);

        string Script(int exitCode, string word) => Run("bash", exitCode, ["eng/base-images.sh", word], tools.Path, ("BASE_IMAGES_LOCK", locked));
    }

    [Fact]
    public void A_strict_release_is_refused_when_it_lacks_something() =>
        Run("bash", 1, ["eng/release.sh", "--strict", "--dry-run"]).ShouldContain("--strict takes no release that lacks something");

    [Fact]
    public void A_release_is_of_one_version_and_its_builder_has_an_address()
    {
        Run("bash", 64, ["eng/release.sh", "--dry-run", "--builder", "our machine"]).ShouldContain("is no URI");
        Run("bash", 64, ["eng/release.sh", "--dry-run", "--runtime", "linux-x86"]).ShouldContain("is none of linux-x64");
        using var tools = new Tools();
        tools.Write("node", "echo 9.9.9");
        Run("bash", 1, ["eng/release.sh", "--dry-run"], tools.Path).ShouldContain("src/bff-js/package.json has version 9.9.9");
    }

    [Fact]
    public async Task What_was_not_restored_is_not_audited()
    {
        using var tools = new Tools();
        using var registry = new HttpListener { Prefixes = { $"http://127.0.0.1:{FreePort.Find()}/" } };
        registry.Start();
        var serving = ServeIndexAsync(registry, "VulnerabilityInfo/6.7.0");
        tools.Write("dotnet", $$"""
            if [ "$1" = nuget ]; then echo 'E {{registry.Prefixes.Single()}}'; exit; fi
            echo '{"problems":[{"level":"error","text":"No assets file was found."}],"projects":[{"path":"Bff.csproj"}]}'
            exit 1
            """);
        tools.Write("npm", """echo '{"metadata":{"vulnerabilities":{"total":0}},"vulnerabilities":{}}'""");

        var said = Run("node", 3, ["eng/audit.mjs"], tools.Path);

        registry.Stop();
        await serving;
        said.ShouldContain("NOT AUDITED  src/Bff: dotnet list package failed: No assets file was found.");
    }

    [Fact]
    public void An_address_of_the_source_is_told_without_its_password()
    {
        using var tools = new Tools();
        tools.Write("git", """
            case $* in
              config*) echo 'https://user:p@ss@git.example/bff.git?token=p@ss' ;;
              rev-parse*) echo 0123456789012345678901234567890123456789 ;;
              ls-files*) echo global.json ;;
            esac
            """);

        var said = Run("node", 0, ["eng/provenance.mjs", "--builder", "urn:x", "--version", "1.2.3", "LICENSE"], tools.Path);

        said.ShouldContain("git+https://git.example/bff.git\"");
        said.ShouldNotContain("ss@");
    }

    [Theory]
    [InlineData(true, "VULNERABLE   src/Bff: Npgsql 1.0.0: High https://advisories.example/1")]
    [InlineData(false, "NOT AUDITED  src/Bff: no NuGet source that is configured publishes vulnerabilities")]
    public async Task A_known_vulnerability_is_told_from_a_registry_that_says_nothing(bool publishes, string expected)
    {
        using var tools = new Tools();
        using var registry = new HttpListener { Prefixes = { $"http://127.0.0.1:{FreePort.Find()}/" } };
        registry.Start();
        var serving = ServeIndexAsync(registry, publishes ? "VulnerabilityInfo/6.7.0" : "PackageBaseAddress/3.0.0");
        tools.Write("dotnet", $$"""
            if [ "$1" = nuget ]; then echo 'E {{registry.Prefixes.Single()}}'; exit; fi
            echo '{"projects":[{"frameworks":[{"transitivePackages":[{"id":"Npgsql","resolvedVersion":"1.0.0",
              "vulnerabilities":[{"severity":"High","advisoryurl":"https://advisories.example/1"}]}]}]}]}'
            """);
        tools.Write("npm", """
            case $PWD in
              */src/bff-js) echo '{"metadata":{"vulnerabilities":{"total":0}},"vulnerabilities":{}}' ;;
              */src/ops-charts) echo '{"metadata":{"vulnerabilities":{"total":1}},
                "vulnerabilities":{"uplot":{"name":"uplot","range":"<2","severity":"low","via":[]}}}' ;;
              *) echo '{"message":"405 Method Not Allowed - POST https://registry.example/"}'; exit 1 ;;
            esac
            """);

        var said = Run("node", 1, ["eng/audit.mjs"], tools.Path);

        registry.Stop();
        await serving;
        said.ShouldContain(expected);
        said.ShouldContain("audited      src/bff-js: nothing is known");
        said.ShouldContain("VULNERABLE   src/ops-charts: uplot <2: low");
        said.ShouldContain("NOT AUDITED  src/SpaStatic: npm's registry said 405 Method Not Allowed\n");
    }

    private static async Task ServeIndexAsync(HttpListener registry, string resource)
    {
        try
        {
            while (registry.IsListening)
            {
                var context = await registry.GetContextAsync();
                context.Response.Close(Encoding.UTF8.GetBytes($$"""{"resources":[{"@type":"{{resource}}"}]}"""), willBlock: true);
            }
        }
        catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
        {
            // Stopped.
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

    /// <summary>Programs that are found before the machine's own.</summary>
    private sealed class Tools : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("bff-tools-");

        public (string Name, string Value) Path => ("PATH", $"{_folder.FullName}:{Environment.GetEnvironmentVariable("PATH")}");

        public void Write(string name, string body)
        {
            var path = System.IO.Path.Combine(_folder.FullName, name);
            File.WriteAllText(path, "#!/bin/sh\n" + body + "\n");
            if (!OperatingSystem.IsWindows()) { File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute); }
        }

        public void Dispose() => _folder.Delete(recursive: true);
    }

    [GeneratedRegex("^ARG (?<image>(SDK|RUNTIME)=.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex BaseImage();

    [GeneratedRegex(@"^FROM (--\S+ )*(?<image>\S+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex From();
}
