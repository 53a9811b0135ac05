using Bff.Configuration;
using Bff.Ops;
using Bff.Sessions.Store.Sql;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Json;

namespace Bff.Tests.Configuration;

public sealed class ConfigurationReaderTests : IDisposable
{
    private const string Good = """{ "Bff": { "Ops": { "Token": "the-operators-own-token" } } }""";
    private const string Broken = """{ "Bff": """;

    private readonly string _folder = Directory.CreateTempSubdirectory("bff-tests-").FullName;

    [Fact]
    public void Each_look_reads_a_file_once_and_is_whole()
    {
        var file = new ScriptedFile("appsettings.json", Good, Broken, Good, null, Good);   // the framework has the first one
        var reader = Reader(Json(file));

        var broken = reader.Read();
        broken.Mistakes.ShouldHaveSingleItem().ShouldStartWith("appsettings.json: cannot be read: ");
        broken.Values.ShouldBeEmpty();
        var good = reader.Read();
        good.Mistakes.ShouldBeEmpty();
        good.Values["Bff:Ops:Token"].ShouldBe("the-operators-own-token");
        good.Files.ShouldBe(["appsettings.json"]);
        reader.Read().Files.ShouldBeEmpty("it was gone at this look");
        reader.Read().Same(good).ShouldBeTrue();
        file.Reads.ShouldBe(4, "one for the framework, and one for each look at which it was there");
    }

    [Theory]
    [InlineData("""{ "ReversProxy:Routes:api:ClusterId": "api" }""", "ReversProxy: is not a section Bff reads. Write ReverseProxy.")]
    [InlineData("""{ "Bf": { "Oidc": { "ClientId": "bff" } } }""", "Bf: is not a section Bff reads. Write Bff.")]
    [InlineData("""{ "logging": { "LogLevel": { "Default": "Debug" } }, "Another": { "Thing": "1" }, "$schema": "../bff.schema.json" }""", null)]
    public void A_section_that_was_meant_for_us_is_named(string content, string? mistake) =>
        Reader(Json(new ScriptedFile("a.json", content))).Read().Mistakes.ShouldBe(mistake is null ? [] : [mistake]);

    [Fact]
    public void Sources_keep_their_order()
    {
        var reader = Reader(
            Memory(("Bff:Ops:Url", "lowest"), ("Bff:Ops:DrainFor", "lowest")), Json(
                new ScriptedFile("a.json", """{ "Bff:Ops:Url": "a", "Bff": { "Spa": { "Origins": [ "0", "1" ] } } }""")),
            Json(new ScriptedFile("b.json", """{ "Bff:Ops:Url": "b", "Bff:Spa:Origins:1": "b" }""")), Memory(("BFF:OPS:TOKEN", "highest")));

        var values = reader.Read().Values;

        values["Bff:Ops:Url"].ShouldBe("b");
        values["Bff:Ops:DrainFor"].ShouldBe("lowest");
        values["Bff:Ops:Token"].ShouldBe("highest");
        values["Bff:Spa:Origins:0"].ShouldBe("0");
        values["Bff:Spa:Origins:1"].ShouldBe("b");
    }

    [Fact]
    public void What_a_secret_file_holds_takes_the_place_of_its_name()
    {
        var file = Path.Combine(_folder, "token");
        File.WriteAllText(file, "the-operators-own-token\n");
        var reading = Reader(Memory(("Bff:Ops:TokenFile", file))).Read();
        reading.Mistakes.ShouldBeEmpty();
        reading.Values.ShouldBe(new Dictionary<string, string?> { ["Bff:Ops:Token"] = "the-operators-own-token" });
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData(" \n", "is empty")]
    [InlineData(null, "does not exist")]
    public void A_secret_file_with_nothing_in_it_is_a_mistake(string? content, string mistake)
    {
        var file = Path.Combine(_folder, "token");
        if (content is not null) { File.WriteAllText(file, content); }
        Reader(Memory(("Bff:Ops:TokenFile", file))).Read().Mistakes.ShouldHaveSingleItem().ShouldBe(
            $"Bff:Ops:TokenFile: the file '{file}' {mistake}{(content is null ? " or cannot be read" : "")}.");
    }

    [Fact]
    public void An_empty_authenticator_is_a_mistake_however_it_is_given()
    {
        foreach (var key in new[] { "Bff:Ops:Token", "Bff:Ops:TokenFile", "Bff:Ops:ClientCertificateAuthority" })
        {
            Reader(Memory((key, ""))).Read().Mistakes.ShouldHaveSingleItem().ShouldStartWith(key + ": is empty");
        }

        Reader(Memory(("Bff:Ops:Token", "the-operators-own-token"), ("Bff:Ops:TokenFile", ""))).Read().Mistakes.ShouldBeEmpty();
    }

    [Fact]
    public void A_secret_in_the_place_of_its_file_is_not_quoted() =>
        Reader(Memory(("Bff:Ops:TokenFile", "sekret-of-the-ops-port"))).Read().Mistakes.ShouldHaveSingleItem().ShouldNotContain("sekret");

    [Fact]
    public void Of_the_files_of_certificates_what_is_in_them_counts_and_a_name_that_is_none_does_no_harm()
    {
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "content");
        var loop = Path.Combine(_folder, "loop");
        File.CreateSymbolicLink(loop, loop);
        var reader = Reader(Memory(
            ("Kestrel:Certificates:Default:Path", file), ("Kestrel:Certificates:Default:KeyPath", "a\0b"), ("Kestrel:Endpoints:Ops:Certificate:Path", loop),
            ("Bff:Spa:Origins:0", "a\0b")));
        var before = reader.Read();
        before.Certificates.Stamp.ShouldStartWith(file + " ");
        before.Certificates.Stamp.ShouldNotContain(';');
        reader.Read().Same(before).ShouldBeTrue();

        var written = File.GetLastWriteTimeUtc(file);
        File.WriteAllText(file, "another");
        File.SetLastWriteTimeUtc(file, written);
        reader.Read().Same(before).ShouldBeFalse();
    }

    [Fact]
    public void What_the_authority_file_holds_takes_the_place_of_its_name()
    {
        var file = Path.Combine(_folder, "ca.pem");
        var reader = Reader(Memory(("Bff:Ops:ClientCertificateAuthority", file)));
        reader.Read().Mistakes.ShouldHaveSingleItem().ShouldBe($"Bff:Ops:ClientCertificateAuthority: the file '{file}' does not exist or cannot be read.");
        File.WriteAllText(file, "-----BEGIN CERTIFICATE-----\n");
        reader.Read().Values["Bff:Ops:ClientCertificateAuthority"].ShouldBe("-----BEGIN CERTIFICATE-----");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static ConfigurationReader Reader(params IConfigurationSource[] sources)
    {
        var builder = new ConfigurationBuilder();
        foreach (var source in sources) { builder.Add(source); }
        return new ConfigurationReader(builder.Build(), [new("Bff:Ops", typeof(OpsOptions))], new TestEnvironment { ContentRootPath = Path.GetTempPath() });
    }

    private static JsonConfigurationSource Json(ScriptedFile file) => new() { FileProvider = file, Path = file.Name, Optional = true };

    private static Microsoft.Extensions.Configuration.Memory.MemoryConfigurationSource Memory(params (string Key, string Value)[] pairs) =>
        new() { InitialData = pairs.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value)) };
}
