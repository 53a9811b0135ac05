using System.Diagnostics;
using System.Xml.Linq;
using Bff.Tests.Documentation;

namespace Bff.Tests;

/// <summary>What the build needs, and what it leaves out.</summary>
public sealed class BuildTests
{
    /// <summary>What a checkout has that decides whether Node.js is needed.</summary>
    private static readonly string[] Copied =
    [
        "global.json", "Directory.Build.props", "Directory.Packages.props", "src/Npm.targets", "src/PageFiles.targets", "src/Package.props",
        "src/Bff/Bff.csproj",
        "src/Bff.AspNetCore/Bff.AspNetCore.csproj",
        "src/bff-js/bff-js.csproj", "src/bff-js/package.json", "src/bff-js/package-lock.json",
        "src/ops-charts/ops-charts.csproj", "src/ops-charts/package.json", "src/ops-charts/package-lock.json",
        "src/Bff/obj/project.assets.json", "src/Bff.AspNetCore/obj/project.assets.json",   // so that nothing has to be restored once more
    ];

    [Theory]
    [InlineData("src/Bff/Bff.csproj")]
    [InlineData("src/Bff.AspNetCore/Bff.AspNetCore.csproj")]
    public void The_program_itself_calls_no_other_program_to_be_compiled(string project) =>
        XDocument.Parse(Repository.Read(project)).Descendants("Exec").ShouldBeEmpty("what needs Node.js is a project of its own");

    [Fact]
    public void Without_Node_the_program_is_built_without_the_page_files_and_not_published()
    {
        using var checkout = new Checkout();
        checkout.Write("src/bff-js/dist/bff.js", "// of another day");

        var (exitCode, output) = checkout.Build("EmbedPageFiles");
        exitCode.ShouldBe(0, output);
        output.ShouldContain("Built without the page script: npm was not found. Install Node.js");
        output.ShouldContain("Built without the charts of the ops page: npm was not found. Install Node.js");
        checkout.Has("src/bff-js/dist/bff.js").ShouldBeFalse("an old script would not be noticed");

        checkout.Write("path/npm", "#!/bin/sh\necho 'no registry here' >&2\nexit 1\n");
        (exitCode, output) = checkout.Build("RequirePageFiles");
        exitCode.ShouldNotBe(0, output);
        output.ShouldContain("Built without the page script: npm failed: no registry here");
        output.ShouldContain("error BFF0001: Not published, because these were not built: bff.js, bff.js.map, uplot.js, uplot.css.");
    }

    [Fact]
    public void Every_package_with_a_version_is_used_by_a_project()
    {
        var projects = Directory.EnumerateFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles(Repository.Root, "Directory.Build.props", SearchOption.AllDirectories))
            .Where(file => !file.Contains("node_modules", StringComparison.Ordinal));
        var used = projects.SelectMany(file => XDocument.Load(file).Descendants("PackageReference")).Select(Name).ToHashSet();

        XDocument.Parse(Repository.Read("Directory.Packages.props")).Descendants("PackageVersion").Select(Name).Except(used).ShouldBeEmpty();

        static string Name(XElement package) => (string)package.Attribute("Include")!;
    }

    /// <summary>The projects without their code, on a machine that has .NET and a shell and nothing else.</summary>
    private sealed class Checkout : IDisposable
    {
        private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("bff-build-");

        public Checkout()
        {
            foreach (var file in Copied) { Write(file, Repository.Read(file)); }
            Directory.CreateDirectory(PathOf("path"));
            foreach (var program in new[] { "dotnet", "sh" }) { File.CreateSymbolicLink(PathOf("path/" + program), Find(program)); }
        }

        public void Write(string path, string text)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(PathOf(path))!);
            File.WriteAllText(PathOf(path), text);
            if (!OperatingSystem.IsWindows()) { File.SetUnixFileMode(PathOf(path), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute); }
        }

        public bool Has(string path) => File.Exists(PathOf(path));

        public (int ExitCode, string Output) Build(string target)
        {
            var start = new ProcessStartInfo(
                Find("dotnet"),
                ["msbuild", "src/Bff/Bff.csproj", "-t:" + target, "-nologo", "-nodeReuse:false", "-tl:off", "-v:minimal", "-p:RunAnalyzers=false"])
            {
                WorkingDirectory = _root.FullName, RedirectStandardOutput = true, RedirectStandardError = true,
            };
            start.Environment["PATH"] = PathOf("path");
            start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
            start.Environment.Remove("CI");   // whoever builds without Node.js does so at home; and there are no sources here to be mapped
            using var build = Process.Start(start)!;
            var errors = build.StandardError.ReadToEndAsync();
            var output = build.StandardOutput.ReadToEnd() + errors.GetAwaiter().GetResult();
            build.WaitForExit();
            return (build.ExitCode, output);
        }

        public void Dispose() => _root.Delete(recursive: true);

        private string PathOf(string path) => Path.Combine(_root.FullName, path);

        private static string Find(string program) => Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, program)).First(File.Exists);
    }
}
