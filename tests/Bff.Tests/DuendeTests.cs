using System.Diagnostics;

namespace Bff.Tests;

/// <summary>
/// The package that was wished for beside Bff. No feed that this was built with has had it, and to ask takes seconds, so it is asked for when somebody wants to
/// know: <c>BFF_TRY_DUENDE=1</c>.
/// </summary>
public sealed class DuendeTests
{
    private const string Package = "Duende.AccessTokenManagement.OpenIdConnect";

    private const string Project =
        $"""
        <Project Sdk="Microsoft.NET.Sdk.Web">
          <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
          <ItemGroup><PackageReference Include="{Package}" Version="*" /></ItemGroup>
        </Project>
        """;

    public static bool IsWanted => Environment.GetEnvironmentVariable("BFF_TRY_DUENDE") == "1";

    [Fact(Skip = "nobody asked whether the feed has Duende's token management; BFF_TRY_DUENDE=1 does", SkipUnless = nameof(IsWanted))]
    public async Task Where_the_feed_has_Duendes_token_management_it_can_be_restored_beside_Bff()
    {
        var folder = Directory.CreateTempSubdirectory("bff-duende-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "Beside.csproj"), Project);
            using var restore = Process.Start(new ProcessStartInfo("dotnet", ["restore", "--nologo"])
            {
                WorkingDirectory = folder.FullName, RedirectStandardOutput = true, Environment = { ["DOTNET_CLI_UI_LANGUAGE"] = "en" },
            })!;
            var output = await restore.StandardOutput.ReadToEndAsync();
            await restore.WaitForExitAsync();
            if (output.Contains("NU1101", StringComparison.Ordinal)) { Assert.Skip($"The feed has no {Package}: what it would do beside Bff is not tried."); }
            restore.ExitCode.ShouldBe(0, output);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
