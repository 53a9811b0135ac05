using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Bff.Configuration;
using NJsonSchema;

namespace Bff.Tests.Documentation;

/// <summary><c>bff.schema.json</c> is what the options classes say, and every example of a configuration fits it.</summary>
public sealed partial class ConfigurationSchemaTests
{
    private const string File = "bff.schema.json";

    private static readonly JsonNodeOptions AsWritten = new() { PropertyNameCaseInsensitive = false };

    private static readonly System.Text.Json.JsonDocumentOptions WithComments = new() { CommentHandling = System.Text.Json.JsonCommentHandling.Skip };

    /// <summary>Files in the repository that are a configuration of Bff, or a part of one.</summary>
    private static readonly string[] Examples =
    [
        "deploy/routes.json", "deploy/demo/routes.json", "deploy/kubernetes/example/bff.json", "eng/debian/bff.json", "src/Bff/demo.json",
        "src/DevStack/two.json", "tests/containers/debian/bff.json",
    ];

    [Fact]
    public void The_file_is_what_the_options_classes_say()
    {
        var schema = ConfigurationSchema.Write(Composition.Sections());
        Repository.WriteIfAsked(File, schema);

        Repository.Read(File).ShouldBe(schema, Repository.HowToWrite);
    }

    [Fact]
    public async Task Every_example_fits_the_schema_and_names_it()
    {
        var schema = await JsonSchema.FromJsonAsync(Repository.Read(File));
        foreach (var path in Examples)
        {
            var example = JsonNode.Parse(Repository.Read(path), AsWritten, WithComments)!;
            schema.Validate(example.ToJsonString()).Select(error => error.ToString()).ShouldBeEmpty(path);
            example["$schema"]!.GetValue<string>().ShouldEndWith(File, Case.Sensitive, path);
        }
    }

    [Fact]
    public async Task What_the_pages_show_of_a_configuration_fits_the_schema()
    {
        var schema = await JsonSchema.FromJsonAsync(Repository.Read(File));
        var shown = Repository.Pages()
            .SelectMany(page => Block().Matches(System.IO.File.ReadAllText(page)).Select(match => (Page: page, Text: match.Groups["json"].Value.Trim())))
            .Select(block => (block.Page, Configuration: Whole(block.Text))).Where(block => IsOurs(block.Configuration)).ToList();

        shown.Count.ShouldBeGreaterThan(5);
        foreach (var (page, configuration) in shown) { schema.Validate(configuration.ToJsonString()).Select(error => error.ToString()).ShouldBeEmpty(page); }
    }

    [Theory]
    [InlineData("""{ "Bff": { "Oidc": { "Authorty": "https://login.example.com" } } }""")]
    [InlineData("""{ "Bff": { "Renewal": { "Lead": "5" } } }""")]
    [InlineData("""{ "Bff": { "Renewal": { "Lead": 5 } } }""")]
    [InlineData("""{ "Bff": { "Renewal": { "MaxConcurrency": 0 } } }""")]
    [InlineData("""{ "Bff": { "Sessions": { "Store": "Oracle" } } }""")]
    [InlineData("""{ "Bff": { "Sessions": { "CookieSameSite": "Loose" } } }""")]
    [InlineData("""{ "Bff": { "Spa": { "Origins": "https://app.example.com" } } }""")]
    [InlineData("""{ "ReverseProxy": { "Routes": { "api": { "Metadata": { "Bff.Token": "user" } } } } }""")]
    [InlineData("""{ "ReverseProxy": { "Routes": { "api": { "AuthorisationPolicy": "default" } } } }""")]
    [InlineData("""{ "Kestrel": { "Endpoints": { "Main": { "Urls": "http://*:80" } } } }""")]
    public async Task A_mistake_is_seen_by_the_schema(string configuration) =>
        (await JsonSchema.FromJsonAsync(Repository.Read(File))).Validate(configuration).ShouldNotBeEmpty();

    [Theory]
    [InlineData("10s")]
    [InlineData("1h30m")]
    [InlineData("1.5h")]
    [InlineData("250ms")]
    [InlineData("0")]
    [InlineData("00:05:00")]
    [InlineData("2.00:00:00")]
    [InlineData("00:00:00.5000000")]
    [InlineData("5")]
    [InlineData("")]
    [InlineData("5 minutes")]
    [InlineData("m")]
    [InlineData("30m1h")]
    public void The_schema_and_the_program_agree_on_what_a_duration_is(string text) =>
        Regex.IsMatch(text, ConfigurationSchema.DurationPattern).ShouldBe(Durations.TryParse(text, out _), text);

    /// <summary>A page may show the inside of an object, or routes without their section.</summary>
    private static JsonObject Whole(string text)
    {
        var shown = JsonNode.Parse(text.StartsWith('{') ? text : $"{{ {text} }}", AsWritten, WithComments) as JsonObject ?? [];
        return shown.ContainsKey("Routes") || shown.ContainsKey("Clusters") ? new JsonObject { ["ReverseProxy"] = shown } : shown;
    }

    private static bool IsOurs(JsonObject configuration) =>
        configuration.ContainsKey("Bff") || configuration.ContainsKey("ReverseProxy") || configuration.ContainsKey("Kestrel");

    [GeneratedRegex("^```json\n(?<json>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Block();
}
