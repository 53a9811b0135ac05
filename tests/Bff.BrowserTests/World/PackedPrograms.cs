using System.Diagnostics;

namespace Bff.BrowserTests.World;

/// <summary>
/// Programs with Bff in them, made in fresh folders from the packed files: the one that <c>docs/embedding.md</c> shows, and what <c>dotnet new bff</c> makes. With
/// the demo's provider and API.
/// </summary>
internal sealed class PackedPrograms : IAsyncDisposable
{
    private const string Project =
        """
        <Project Sdk="Microsoft.NET.Sdk.Web">
          <PropertyGroup>
            <TargetFramework>net10.0</TargetFramework>
            <Nullable>enable</Nullable>
            <ImplicitUsings>enable</ImplicitUsings>
            <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="Bff.AspNetCore" Version="*" />
          </ItemGroup>
        </Project>
        """;

    /// <summary>What Bff itself is built with is restored already, and Bff comes from the packed file alone.</summary>
    private const string Sources =
        """
        <configuration>
          <config><add key="globalPackagesFolder" value="packages" /></config>
          <fallbackPackageFolders><add key="restored" value="{packages}" /></fallbackPackageFolders>
          <packageSources><clear /><add key="packed" value="feed" /></packageSources>
          <auditSources><clear /></auditSources>
        </configuration>
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("bff-packed-");
    private readonly List<DemoProcess> _processes = [];

    public static string SampleUrl => Demo.BffUrl;

    public static string TemplateUrl => $"http://localhost:{Ports.Of(8)}";

    /// <summary>The packed files.</summary>
    public string Feed => Path.Combine(_folder.FullName, "feed");

    public static async Task<PackedPrograms> StartAsync()
    {
        var programs = new PackedPrograms();
        try
        {
            await programs.BuildAsync();
            programs.AddAll();
            foreach (var process in programs._processes) { process.Launch(); }
            await Task.WhenAll(programs._processes.Select(process => process.WaitUntilReadyAsync()));
            return programs;
        }
        catch
        {
            await programs.DisposeAsync();
            throw;
        }
    }

    private async Task BuildAsync()
    {
        await Task.WhenAll(
            RunAsync("pack", SourceTree.FolderOf("Bff.AspNetCore"), "--no-build", "-c", SourceTree.Configuration, "-o", Feed),
            RunAsync("pack", SourceTree.FolderOf("Bff.Templates"), "-o", Feed));
        var hive = Path.Combine(_folder.FullName, "hive");
        await RunAsync("new", "install", Directory.GetFiles(Feed, "Bff.Templates.*.nupkg").Single(), "--debug:custom-hive", hive);
        await RunAsync("new", "bff", "-o", "MyApp", "--authority", Demo.ProviderUrl, "--client-id", "bff", "--debug:custom-hive", hive);

        Write("Sample/Sample.csproj", Project);
        Write("Sample/Program.cs", Documentation.Block("docs/embedding.md", "using Bff;"));
        var restored = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } named
            ? named : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        Write("nuget.config", Sources.Replace("{packages}", restored, StringComparison.Ordinal));
        Write("Both.slnx", """<Solution><Project Path="Sample/Sample.csproj" /><Project Path="MyApp/MyApp.csproj" /></Solution>""");
        await RunAsync("build", "Both.slnx", "-v", "quiet");
    }

    private void AddAll()
    {
        Add(new("provider", "DevStack", Demo.ProviderUrl, "/.well-known/openid-configuration", "provider"),
            ("DevStack__BffUrl", SampleUrl), ("DevStack__AdditionalBffUrls__0", TemplateUrl),
            ("DevStack__DataDirectory", Path.Combine(_folder.FullName, "provider")));
        Add(new("api", "DevStack", Demo.ApiUrl, "/api/public", "api"), ("DevStack__Authority", Demo.ProviderUrl));
        Add(new("sample", "Sample", SampleUrl, "/bff/session") { Program = ProgramOf("Sample") },
            ("Bff__Oidc__Authority", Demo.ProviderUrl), ("Bff__Oidc__ClientId", "bff"), ("Bff__Oidc__ClientSecret", "demo-only-not-a-secret"),
            ("Bff__Oidc__Scope", "openid profile offline_access read:messages"), ("Bff__Oidc__Audience", "https://demo-api.example"), ("Orders", Demo.ApiUrl));
        Add(new("template", "MyApp", TemplateUrl, "/bff/session") { Program = ProgramOf("MyApp") }, ("Bff__Oidc__ClientSecret", "demo-only-not-a-secret"));
    }

    private void Add(DemoProcess process, params (string Key, string Value)[] environment)
    {
        foreach (var (key, value) in environment) { process.Environment[key] = value; }
        _processes.Add(process);
    }

    private string ProgramOf(string name) => Path.Combine(_folder.FullName, name, "bin", "Debug", "net10.0", name + ".dll");

    private void Write(string path, string text)
    {
        var file = new FileInfo(Path.Combine(_folder.FullName, path));
        file.Directory!.Create();
        File.WriteAllText(file.FullName, text);
    }

    private async Task RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = _folder.FullName, RedirectStandardOutput = true, RedirectStandardError = true,
            Environment = { ["DOTNET_CLI_UI_LANGUAGE"] = "en", ["DOTNET_NOLOGO"] = "1", ["MSBUILDDISABLENODEREUSE"] = "1", ["NuGetAudit"] = "false" },
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, output + await errors);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"---- {process.Name}\n{process.TakeOutput()}");
            await process.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }
}
