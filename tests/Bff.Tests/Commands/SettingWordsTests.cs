using Bff.Commands;

namespace Bff.Tests.Commands;

public class SettingWordsTests
{
    [Theory]
    [InlineData("--Bff:Oidc:Authority=https://a", "", "--Bff:Oidc:Authority=https://a")]
    [InlineData("check --Bff:Oidc:Authority https://a --json", "check --json", "--Bff:Oidc:Authority https://a")]
    [InlineData("--Bff:Oidc:ClientId config check", "check", "--Bff:Oidc:ClientId config")]   // what follows a setting is its value, whatever it looks like
    [InlineData("/Bff:Oidc:ClientId=a Kestrel:Limits:MaxConcurrentConnections=3", "", "/Bff:Oidc:ClientId=a Kestrel:Limits:MaxConcurrentConnections=3")]
    [InlineData("--urls http://+:80 --ENVIRONMENT=Production --otel_service_name=b", "", "--urls http://+:80 --ENVIRONMENT=Production --otel_service_name=b")]
    [InlineData("backup /data/a=b.bff", "backup /data/a=b.bff", "")]
    [InlineData("backup /bff --config x", "backup /bff --config x", "")]
    [InlineData("--Bff:Ops:Url", "--Bff:Ops:Url", "")]
    [InlineData("--hlep --Bf:Oidc:Authority=a -Bff:Ops:Url=b x=y", "--hlep --Bf:Oidc:Authority=a -Bff:Ops:Url=b x=y", "")]
    public void Only_what_somebody_reads_is_a_setting(string line, string words, string settings)
    {
        var split = SettingWords.Split(line.Split(' '));
        (string.Join(' ', split.Words), string.Join(' ', split.Settings)).ShouldBe((words, settings));
    }

    [Theory]
    [InlineData("--hlep", "--help")]
    [InlineData("chekc", "check")]
    [InlineData("--jsn", "--json")]
    [InlineData("--JSON", "--json")]
    [InlineData("--Bf", "--Bff")]
    [InlineData("everything", null)]
    [InlineData("x", null)]
    public void A_misspelt_word_is_recognized(string word, string? meant) =>
        Suggestion.For(word, ["check", "run", "config", "--help", "--json", "--Bff"]).ShouldBe(meant);
}
