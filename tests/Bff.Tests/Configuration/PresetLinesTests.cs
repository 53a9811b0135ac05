using Bff.Configuration;
using Bff.Providers;

namespace Bff.Tests.Configuration;

public sealed class PresetLinesTests
{
    private static readonly (string, string)[] Lines =
    [
        ("Scope", "openid"), ("Logout:IdTokenHint", "Fit"), ("Logout:Parameters:federated", ""), ("Logout:Parameters:more", "1"),
        ("Endpoints:jwks_uri", "https://idp.example/keys"), ("AllowedLoginParameters:0", "prompt"), ("AllowedLoginParameters:1", "idp"),
    ];

    private static readonly SettingsSection Section = new("Bff:Oidc", typeof(OidcOptions)) { Preset = name => name == "Some" ? Lines : [] };

    [Fact]
    public void Nothing_given_leaves_all_to_the_preset() => Given().ShouldBe(Lines.Select(line => line.Item1), ignoreOrder: true);

    [Theory]
    [InlineData("Scope", "Scope")]
    [InlineData("scope", "Scope")]
    [InlineData("Logout:IdTokenHint", "Logout:IdTokenHint")]
    [InlineData("Logout:Address")]
    [InlineData("AllowedLoginParameters:0", "AllowedLoginParameters:0", "AllowedLoginParameters:1")]
    [InlineData("Logout:Parameters:own", "Logout:Parameters:federated", "Logout:Parameters:more")]
    [InlineData("Endpoints:token_endpoint", "Endpoints:jwks_uri")]
    public void What_is_given_wins_and_a_list_or_a_dictionary_as_a_whole(string given, params string[] replaced) =>
        Given(given).ShouldBe(Lines.Select(line => line.Item1).Except(replaced), ignoreOrder: true);

    [Fact]
    public void Every_line_of_every_preset_is_a_setting_and_its_value_can_be_read()
    {
        var schema = new SettingsSchema([new("Bff:Oidc", typeof(OidcOptions))]);
        var lines = Presets.Names.SelectMany(name => Presets.Find(name)!);
        lines.Where(line => schema.TypeOf("Bff:Oidc:" + line.Key) is not { } type || !SettingValue.CanRead(line.Value, type))
            .Select(line => line.Key).ShouldBeEmpty();
    }

    [Fact]
    public void A_preset_that_nobody_knows_gives_nothing() =>
        PresetLines.Beneath(new Dictionary<string, string?> { ["Bff:Oidc:Preset"] = "Other" }, [Section]).ShouldBeEmpty();

    private static IEnumerable<string> Given(params string[] keys)
    {
        var values = keys.ToDictionary(key => "Bff:Oidc:" + key, _ => (string?)"given", StringComparer.OrdinalIgnoreCase);
        values["Bff:Oidc:Preset"] = "Some";
        var lines = PresetLines.Beneath(values, [Section]);
        lines.Values.ShouldAllBe(line => line.Preset == "Some");
        return lines.Keys.Select(key => key["Bff:Oidc:".Length..]);
    }
}
