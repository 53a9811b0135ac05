using System.Text.RegularExpressions;
using Bff.Providers;
using Bff.Providers.ClientAuthentication;
using Bff.Tests.Documentation;
using Microsoft.Extensions.Configuration;

namespace Bff.Tests.Providers;

/// <summary>The presets, and the pages of docs/providers that explain them line by line.</summary>
public sealed partial class PresetsTests
{
    private static readonly string[] Expected =
        ["AdFs", "Apple", "Auth0", "Cognito", "Duende", "Entra", "Google", "Keycloak", "Okta", "OpenIddict", "Zitadel"];

    /// <summary>What belongs to one tenant, or to nobody but the operator.</summary>
    private static readonly string[] NeverInAPreset =
    [
        "MetadataAddress", "ClientId", "ClientSecret", "ClientSecretFile", "ClientKey", "ClientKeyFile", "ClientKeyId", "ClientKeyTeam",
        "ClientCertificateFile", "ClientCertificateKeyFile", "Audience", "TokenParameters", "Tenants", "TrustedAudiences", "Endpoints",
        "Preset", "RequireHttps",
    ];

    public static TheoryData<string> Names => [.. Presets.Names];

    [Fact]
    public void Eleven_providers_have_a_preset() => Presets.Names.ShouldBe(Expected);

    [Theory]
    [InlineData("keycloak")]
    [InlineData("KEYCLOAK")]
    public void A_name_counts_in_any_case(string name) => Presets.Find(name).ShouldBe(Presets.Find("Keycloak"));

    [Fact]
    public void A_name_that_is_none_finds_nothing() => Presets.Find("GitHub").ShouldBeNull();

    [Theory]
    [MemberData(nameof(Names))]
    public void The_page_of_a_preset_lists_its_lines(string name)
    {
        var rows = MarkdownTable.Rows(Page(name), "The preset");

        rows.Select(cells => (MarkdownTable.Code(cells[0]).Single(), MarkdownTable.Code(cells[1]).Single(), cells[2])).ShouldBe(Presets.Find(name)!);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_page_of_a_preset_shows_how_to_set_it_and_what_it_was_run_against(string name)
    {
        var page = Page(name);

        page.ShouldContain($"Bff__Oidc__Preset={name}\n");
        page.Split('\n').ShouldContain(line => line.StartsWith("Run against: ", StringComparison.Ordinal));
        page.ShouldContain("\nFrom: ", Case.Sensitive, "its sources");
    }

    [Fact]
    public void Every_page_is_about_a_preset_and_the_overview_leads_to_it()
    {
        var overview = Repository.Read("docs/providers.md");
        var pages = Directory.GetFiles(Path.Combine(Repository.Root, "docs", "providers"), "*.md").Select(Path.GetFileName).ToList();

        pages.Count.ShouldBe(Expected.Length);
        pages.Where(page => !overview.Contains($"](providers/{page})", StringComparison.Ordinal)).ShouldBeEmpty();
        Expected.Where(name => !overview.Contains($"`{name}`", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_preset_holds_no_secret_no_tenant_and_no_list(string name)
    {
        var keys = Presets.Find(name)!.Select(line => line.Key).ToList();

        keys.ShouldNotBeEmpty();
        keys.ShouldBeUnique();
        keys.Select(key => key.Split(':')[0]).Intersect(NeverInAPreset, StringComparer.OrdinalIgnoreCase).ShouldBeEmpty();
        keys.Where(key => char.IsAsciiDigit(key.Split(':')[^1][0])).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_line_has_a_value_and_a_reason_that_names_its_source(string name) =>
        Presets.Find(name)!.Where(line => line.Value.Length == 0 || !Source().IsMatch(line.Reason)).ShouldBeEmpty();

    /// <summary>For a while at least: where it is made by somebody else, or while a key is being registered.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_client_secret_alone_is_enough_with_every_preset(string name)
    {
        var lines = Presets.Find(name)!.Select(line => KeyValuePair.Create(line.Key, (string?)line.Value));
        var options = new ConfigurationBuilder().AddInMemoryCollection(lines).Build().Get<OidcOptions>()!;
        options.ClientSecret = "made elsewhere";

        (new CredentialsCheck().Validate(null, options).Failures ?? []).ShouldBeEmpty();
    }

    private static string Page(string name) => Directory.GetFiles(Path.Combine(Repository.Root, "docs", "providers"), "*.md")
        .Select(File.ReadAllText).Single(text => text.Contains($"`Bff:Oidc:Preset={name}`", StringComparison.Ordinal));

    [GeneratedRegex(@"\([A-Z]\w+: .+\)\.$")]
    private static partial Regex Source();
}
