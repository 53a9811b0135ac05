using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Bff.HostTests.Commands;

public sealed class CommandTests
{
    [Fact]
    public async Task Settings_on_the_command_line_count_with_and_without_the_run_command()
    {
        foreach (var arguments in new string[][] { ["--ReverseProxy:Routes:plain:Match:Path=/other/{**rest}", "--Bff:Sessions:CookieName=__Host-other"],
            ["run", "--ReverseProxy:Routes:plain:Match:Path=/other/{**rest}"] })
        {
            await using var world = await RealTimeWorld.StartAsync();
            await world.StartListeningAsync(arguments);
            using var browser = world.NewBrowser();

            (await browser.GetAsync("/other/x")).Status.ShouldBe(HttpStatusCode.OK);
            (await browser.GetAsync("/plain/x")).Status.ShouldBe(HttpStatusCode.NotFound);
        }
    }

    [Theory]
    [InlineData("There is no 'chekc' here. Did you mean 'check'?\nSee: bff --help", "chekc")]
    [InlineData("There is no '--hlep' here. Did you mean '--help'?\nSee: bff --help", "--hlep")]
    [InlineData("There is no '--jsn' here. Did you mean '--json'?\nSee: bff check --help", "check", "--jsn")]
    [InlineData("There is no '--Bf:Oidc:ClientSecret' here. Did you mean '--Bff:Oidc:ClientSecret'?\nSee: bff keys list --help", "keys", "list",
        "--Bf:Oidc:ClientSecret=sekret")]
    [InlineData("'--Bff:Ops:Url' has no value.\nSee: bff --help", "--Bff:Ops:Url")]
    [InlineData("'5' has no unit: write 5s, 5m or 5h.\nSee: bff keys rotate --help", "keys", "rotate", "--active-in", "5")]
    public async Task A_word_that_is_not_known_is_refused_and_not_passed_over(string says, params string[] line)
    {
        await using var world = await RealTimeWorld.StartAsync();
        (await world.RunAsync(line)).ShouldBe((64, says));
    }

    [Fact]
    public async Task Durations_have_units_and_a_number_alone_is_no_surprise_of_days()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Sessions:IdleTimeout"] = "1h30m";
        world.Settings["ReverseProxy:Clusters:api:HttpRequest:ActivityTimeout"] = "90s";
        var (well, table) = await world.RunAsync("check", "--Bff:Renewal:Lead", "20s", "--Kestrel:Limits:KeepAliveTimeout=2m");
        well.ShouldBe(0, table);

        world.Settings["ReverseProxy:Clusters:api:HttpRequest:ActivityTimeout"] = "5";
        var (exitCode, output) = await world.RunAsync("run", "--Bff:Sessions:IdleTimeout=5", "--Kestrel:Limits:KeepAliveTimeout=5");
        exitCode.ShouldBe(78, output);
        foreach (var key in new[] { "Bff:Sessions:IdleTimeout", "Kestrel:Limits:KeepAliveTimeout", "ReverseProxy:Clusters:api:HttpRequest:ActivityTimeout" })
        {
            output.ShouldContain($"{key}: '5' has no unit: write 5s, 5m or 5h.");
        }
    }

    [Fact]
    public async Task What_programs_read_is_JSON_of_a_stable_shape()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Ops:Url"] = "http://127.0.0.1:" + UnusedPort();

        var check = await JsonAsync(0, "check", "--json");
        check.GetProperty("exitCode").GetInt32().ShouldBe(0);
        var finding = check.GetProperty("findings").EnumerateArray().First(one => one.GetProperty("check").GetString() == "store");
        (finding.GetProperty("result").GetString(), finding.GetProperty("found").GetString(), finding.GetProperty("cure").ValueKind)
            .ShouldBe(("ok", "written, read and deleted", JsonValueKind.Null));

        var setting = (await JsonAsync(0, "config", "--json")).GetProperty("settings").EnumerateArray().Single(
            one => one.GetProperty("key").GetString() == "Bff:Oidc:ClientSecret");
        (setting.GetProperty("value").GetString(), setting.GetProperty("source").GetString()).ShouldBe(("********", "environment"));

        var health = await JsonAsync(1, "health", "--json");
        (health.GetProperty("ok").GetBoolean(), health.GetProperty("status").ValueKind, health.GetProperty("causes").GetArrayLength())
            .ShouldBe((false, JsonValueKind.Null, 0));
        health.GetProperty("message").GetString()!.ShouldStartWith("No response from ");
        health.GetProperty("asked").GetString()!.ShouldEndWith("/readyz");

        async Task<JsonElement> JsonAsync(int exitCode, params string[] line)
        {
            var (code, output) = await world.RunAsync(line);
            code.ShouldBe(exitCode, output);
            return JsonDocument.Parse(output).RootElement;
        }
    }

    [Fact]
    public async Task Nothing_is_coloured_that_no_terminal_shows()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["TERM"] = "xterm-256color";
        (await world.RunAsync("check")).Output.ShouldNotContain('\u001B');
        (await world.RunAsync("chekc")).Output.ShouldNotContain('\u001B');
    }

    [Fact]
    public async Task A_shell_is_told_which_words_may_come_next()
    {
        await using var world = await RealTimeWorld.StartAsync();
        (await world.RunAsync("completion", "bash")).Output.ShouldContain("complete -o default -F _bff bff");
        (await world.RunAsync("[suggest:6]", "keys r")).Output.Split('\n').ShouldBe(["revoke", "rotate"]);
    }

    [Fact]
    public async Task Help_names_the_commands_and_their_exit_codes()
    {
        await using var world = await RealTimeWorld.StartAsync();
        var (exitCode, output) = await world.RunAsync("--help");
        exitCode.ShouldBe(0);
        foreach (var command in new[] { "run", "check", "config", "health", "keys", "sessions", "nodes", "backup", "restore", "completion" })
        {
            output.ShouldContain("\n  " + command);
        }
        output.ShouldContain("--config <FILE>");
        foreach (var line in new string[][] { [], ["run"], ["check"], ["config"], ["health"], ["keys", "list"], ["keys", "rotate"], ["keys", "revoke"],
            ["sessions", "list"], ["sessions", "end"], ["backup"], ["restore"] })
        {
            (await world.RunAsync([.. line, "--help"])).Output.ShouldContain("Exit code: ", customMessage: string.Join(' ', line));
        }
    }

    [Fact]
    public async Task Version_is_one_line()
    {
        await using var world = await RealTimeWorld.StartAsync();
        var (exitCode, output) = await world.RunAsync("--version");
        exitCode.ShouldBe(0);
        output.ShouldMatch(@"^\d+\.\d+\.\d+(\+[0-9a-f]+)?$");
    }

    [Fact]
    public async Task Config_prints_each_value_with_its_source_and_no_secret()
    {
        await using var world = await RealTimeWorld.StartAsync();
        await File.WriteAllTextAsync(
            Path.Combine(world.Folder, "appsettings.json"), """{ "Bff": { "Sessions": { "IdleTimeout": "01:00:00" }, "Renewal": { "Lead": "00:00:30" } } }""");
        world.Settings["Bff:Ops:Token"] = "token-for-the-ops-port";
        world.Settings["Bff:Sessions:ConnectionString"] = "Host=db;Username=bff;Password=geheim";
        world.Settings["Kestrel:Certificates:Default:Password"] = "pfx-password";
        world.Settings["ReverseProxy:Routes:plain:Transforms:0:RequestHeader"] = "X-Key";
        world.Settings["ReverseProxy:Routes:plain:Transforms:0:Set"] = "key-of-an-api";

        var (exitCode, output) = await world.RunAsync("config", "--Bff:Renewal:Lead=00:00:20");

        exitCode.ShouldBe(0);
        output.ShouldContain("Bff:Sessions:IdleTimeout = 01:00:00 (appsettings.json)");
        output.ShouldContain($"Bff:Oidc:Authority = {world.Provider.Issuer} (environment)");
        output.ShouldContain("Bff:Renewal:Lead = 00:00:20 (command line)");
        output.ShouldContain("Bff:Renewal:TokenTimeout = 00:00:10 (default)");
        output.ShouldContain("Bff:Oidc:ClientSecret = ******** (environment)");
        output.ShouldContain("ReverseProxy:Routes:api:Metadata:Bff.Token = User (environment)");
        foreach (var secret in new[] { PretendProvider.ClientSecret, "token-for-the-ops-port", "geheim", "pfx-password", "key-of-an-api" })
        {
            output.ShouldNotContain(secret);
        }
        var keys = output.Split('\n').Select(line => line.Split(" = ")[0]).ToList();
        keys.ShouldBe(keys.Order(StringComparer.OrdinalIgnoreCase).ToList());
    }

    [Fact]
    [Trait("Standard", "HARD-15")]
    public async Task Neither_config_nor_check_prints_what_may_be_a_secret()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["ReverseProxy:Clusters:api:Destinations:one:Address"] =
            new UriBuilder(world.Api.Address) { UserName = "me", Password = "sekret", Query = "sig=sekret" }.ToString();
        world.Settings["ReverseProxy:Clusters:api:Destinations:one:Metadata:SubscriptionKey"] = "sekret";
        world.Settings["ReverseProxy:Clusters:api:HealthCheck:Active:Query"] = "?code=sekret";
        world.Settings["ReverseProxy:Routes:plain:Transforms:0:RequestHeader"] = "X-Key";
        world.Settings["ReverseProxy:Routes:plain:Transforms:0:SET"] = "sekret";
        world.Settings["ReverseProxy:Routes:plain:Transforms:1:PathPattern"] = "/sekret/{rest}";
        world.Settings["ReverseProxy:Routes:plain:Metadata:api-key"] = "sekret";
        world.Settings["ReverseProxy:Routes:plain:Match:Headers:0:Name"] = "X-Api-Key";
        world.Settings["ReverseProxy:Routes:plain:Match:Headers:0:Values:0"] = "sekret";

        var (_, config) = await world.RunAsync("config");
        var (exitCode, check) = await world.RunAsync("check");

        config.ShouldContain($"Destinations:one:Address = {world.Api.Address} (environment)");
        config.ShouldNotContain("sekret");
        exitCode.ShouldBe(0, check);
        check.ShouldContain($"{world.Api.Address} responds");
        check.ShouldNotContain("sekret");
    }

    [Fact]
    [Trait("Standard", "HARD-14")]
    public async Task A_name_that_would_steer_the_operators_terminal_is_printed_escaped()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Ops:Url"] = "http://127.0.0.1:" + UnusedPort();
        world.Provider.ShapeIdToken = claims => claims["name"] = "\u001B]0;owned\u0007\u001B[2J\nforged  row\u202E" + new string('x', 500);
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();

        var (listed, table) = await world.RunAsync("sessions", "list");
        listed.ShouldBe(0, table);
        var lines = table.Split('\n');
        lines.Length.ShouldBe(2);
        lines[1].ShouldContain("\\u001B]0;owned");
        lines[1].Length.ShouldBeLessThan(300);
        var (_, shown) = await world.RunAsync("sessions", "show", lines[1].Split(' ')[0]);
        var (_, json) = await world.RunAsync("sessions", "list", "--json");
        foreach (var output in new[] { table, shown, json }) { output.Any(c => c != '\n' && (char.IsControl(c) || c == '\u202E')).ShouldBeFalse(output); }
        shown.ShouldMatch("Name +.*u001B");
    }

    [Fact]
    public async Task Health_asks_the_running_instance()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Ops:Url"] = "http://127.0.0.1:" + UnusedPort();
        (await world.RunAsync("health")).ExitCode.ShouldBe(1);

        world.Provider.GoDown();
        await world.StartListeningAsync();

        var (live, lives) = await world.RunAsync("health", "--live");
        live.ShouldBe(0, lives);
        var (unready, cause) = await world.RunAsync("health");
        unready.ShouldBe(1);
        cause.ShouldContain("provider");
        cause.Split('\n').Length.ShouldBe(1);

        world.Provider.ComeBack();
        (int ExitCode, string Output) well = default;
        await Eventually.HappensAsync(async () => (well = await world.RunAsync("health")).ExitCode == 0, "the provider is asked again");
        well.Output.ShouldBe("Bff is ready.");
    }

    [Fact]
    public async Task After_a_rotation_of_keys_sessions_go_on_and_new_ones_are_sealed_with_the_new_key()
    {
        await using var world = await RealTimeWorld.StartAsync();
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();
        world.Bff.Kill();

        var (exitCode, output) = await world.RunAsync("keys", "rotate");

        exitCode.ShouldBe(0, output);
        output.ShouldContain("1 older key still opens");
        output.ShouldMatch(@"Bff\.Audit\[\d+\]\s+keys_rotated time=\S+ key=[0-9a-f-]{36} by=");
        await world.StartListeningAsync();
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
        using var bob = await world.LogInAsync("bob");
        world.Bff.Kill();

        foreach (var file in Directory.GetFiles(Path.Combine(world.Folder, "data", "keys"))
            .Where(file => !output.Contains(Path.GetFileNameWithoutExtension(file)["key-".Length..], StringComparison.Ordinal)))
        {
            File.Delete(file);
        }
        await world.StartListeningAsync();
        (await bob.GetAsync("/api/echo")).Body.ShouldBe("bob", "the new key alone opens it");
        (await alice.GetAsync("/api/echo")).Body.ShouldNotBe("alice", "an old key sealed it");
    }

    [Fact]
    public async Task Without_the_certificate_no_command_makes_a_key_that_lies_in_the_clear()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Sessions:KeyCertificate"] = Sessions.KeyCertificateTests.NewPem();
        (await world.RunAsync("keys", "rotate")).ExitCode.ShouldBe(0);
        var before = KeyFiles();
        world.Settings.Remove("Bff:Sessions:KeyCertificate");

        (await world.RunAsync("keys", "list")).ExitCode.ShouldBe(0);
        var (exitCode, output) = await world.RunAsync("keys", "rotate");

        exitCode.ShouldBe(78, output);
        output.ShouldContain("Bff:Sessions:KeyCertificate: the stored key");
        KeyFiles().ShouldBe(before);
        (await world.RunAsync("keys", "revoke", "--all-before", TimeProvider.System.GetUtcNow().ToString("O"))).Output.ShouldContain("No key was added");
        KeyFiles().ShouldBe(before);

        string[] KeyFiles() => [.. Directory.GetFiles(world.Folder, "key-*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
    }

    [Theory]
    [InlineData("A key is named by its id", "keys", "revoke", "abc")]
    [InlineData("yesterday", "keys", "revoke", "--all-before", "yesterday")]
    [InlineData("soon", "keys", "rotate", "--active-in", "soon")]
    public async Task What_a_command_cannot_read_is_named(string named, params string[] arguments)
    {
        await using var world = await RealTimeWorld.StartAsync();
        var (exitCode, output) = await world.RunAsync(arguments);
        exitCode.ShouldBe(64, output);
        output.ShouldContain(named);
        output.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task A_time_without_a_zone_is_UTC_wherever_the_command_runs()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["TZ"] = "America/New_York";
        (await world.RunAsync("keys", "rotate")).ExitCode.ShouldBe(0);
        var (exitCode, output) = await world.RunAsync(
            "keys", "revoke", "--all-before", TimeProvider.System.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffffff"));
        exitCode.ShouldBe(0, output);
        output.ShouldContain("Revoked key");
    }

    [Fact]
    public async Task A_settings_file_without_a_name_is_a_mistake_of_the_configuration()
    {
        await using var world = await RealTimeWorld.StartAsync();
        var (exitCode, output) = await world.RunAsync("check", "--config", "");
        exitCode.ShouldBe(78, output);
        output.ShouldContain("--config: needs a file");
    }

    [Fact]
    public async Task A_setting_that_follows_a_command_is_no_argument_of_it()
    {
        await using var world = await RealTimeWorld.StartAsync();
        (await world.RunAsync("keys", "revoke", "--all-before", "2020-01-01T00:00Z",
            "--Bff:Sessions:IdleTimeout=00:20:00")).Output.ShouldContain("Every key made before that time");
        (await world.RunAsync("sessions", "end", "--user", "alice", "--yes", "--Bff:Sessions:IdleTimeout=00:20:00")).Output.ShouldNotContain("Name a handle");
    }

    [Fact]
    [Trait("Standard", "HARD-11")]
    public async Task A_leaked_key_is_revoked_with_the_sessions_it_sealed_and_their_refresh_tokens()
    {
        await using var world = await RealTimeWorld.StartAsync();
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();
        var (listed, table) = await world.RunAsync("keys", "list");
        listed.ShouldBe(0, table);
        var key = Guid.Parse(table.Split('\n')[1].Split(' ')[0]);
        table.ShouldContain("seals and opens");
        table.ShouldMatch(@"keys_listed time=\S+ count=1");

        var (exitCode, output) = await world.RunAsync("keys", "revoke", $"{key}");

        exitCode.ShouldBe(0, output);
        output.ShouldContain("Ended 1 session ");
        output.ShouldMatch($@"key_revoked time=\S+ key={key} by={Environment.UserName}@{Environment.MachineName}");
        output.ShouldMatch(@"key_added time=\S+ key=");
        output.ShouldMatch($@"session_ended time=\S+ session=\S+ by=admin reason=ended_by_admin");
        (await alice.GetAsync("/bff/session")).Status.ShouldBe(HttpStatusCode.OK);
        await Eventually.HappensAsync(() => !world.Provider.Revocations.IsEmpty);
        world.Provider.Revocations.Single()["token"].ShouldBe(world.Provider.Grant.RefreshToken);
        world.Bff.Kill();

        (await world.RunAsync("keys", "revoke", $"{key}")).ExitCode.ShouldBe(1);
        (await world.RunAsync("keys", "revoke")).ExitCode.ShouldBe(64);
        (await world.RunAsync("keys", "list")).Output.ShouldMatch($@"{key}.* revoked");
        await world.StartListeningAsync();
        (await alice.GetAsync("/api/echo")).ShouldBeProblem(401, "session_required");
        using var bob = await world.LogInAsync("bob");
        var newest = (await world.RunAsync("keys", "list")).Output.Split('\n')[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        var made = DateTimeOffset.Parse(newest, System.Globalization.CultureInfo.InvariantCulture);
        (await world.RunAsync("keys", "revoke", "--all-before", newest)).ExitCode.ShouldBe(1, "it was made then, not before");
        var (all, those) = await world.RunAsync("keys", "revoke", "--all-before", made.AddTicks(1).ToString("O"));
        all.ShouldBe(0, those);
        those.ShouldContain("Ended 1 session ");
        those.ShouldMatch(@"key_revoked time=\S+ key=all_before");
    }

    [Fact]
    [Trait("Standard", "ASVS-5")]
    public async Task Sessions_are_listed_shown_and_ended_from_a_shell()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Ops:Url"] = "http://127.0.0.1:" + UnusedPort();
        world.Settings["Bff:Ops:Token"] = "token-for-the-ops-port";
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();
        using var bob = await world.LogInAsync("bob");

        var (listed, table) = await world.RunAsync("sessions", "list");
        listed.ShouldBe(0, table);
        table.Split('\n').Length.ShouldBe(3);
        var (_, json) = await world.RunAsync("sessions", "list", "--user", "bob", "--json");
        var handle = JsonDocument.Parse(json).RootElement.GetProperty("sessions")[0].GetProperty("handle").GetString()!;
        table.ShouldContain(handle);

        var (_, shown) = await world.RunAsync("sessions", "show", handle);
        shown.ShouldMatch(@"Subject +bob");
        var (ended, word) = await world.RunAsync("sessions", "end", handle);
        ended.ShouldBe(0, word);
        (await bob.GetAsync("/api/echo")).ShouldBeProblem(401, "session_required");
        (await world.RunAsync("sessions", "show", handle)).ShouldBe((1, "No such session. It may have ended in the meantime. (404)"));

        (await world.RunAsync("sessions", "end", "--user", "alice", "--yes")).ShouldBe((0, "Ended 1 session."));
        (await alice.GetAsync("/api/echo")).ShouldBeProblem(401, "session_required");
    }

    [Fact]
    public async Task Where_there_are_several_front_ends_and_providers_the_list_says_which_and_can_be_of_one()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Ops:Url"] = "http://127.0.0.1:" + UnusedPort();
        await world.StartListeningAsync();
        using (await world.LogInAsync())
        {
            (await world.RunAsync("sessions", "list")).Output.Split('\n')[0]
                .ShouldBe("HANDLE            SUBJECT                   NAME                      STARTED (UTC)         NEXT RENEWAL          FAILURES");
        }

        world.Bff.Kill();
        world.Settings["Bff:FrontEnds:admin:PathBase"] = "/admin";
        world.Settings["Bff:FrontEnds:admin:Origins:0"] = Browser.SpaOrigin;
        await world.StartListeningAsync();
        using var bob = await world.LogInAsync("bob");
        (await bob.OpenAsync("/admin/bff/login?login_hint=bob")).Status.ShouldBe(HttpStatusCode.Found);

        (await world.RunAsync("sessions", "list")).Output.Split('\n')[0].ShouldContain("  FRONT END         FAILURES");
        var (_, table) = await world.RunAsync("sessions", "list", "--front-end", "admin");
        var lines = table.Split('\n');
        lines.Length.ShouldBe(2);
        lines[1].ShouldMatch("bob .* admin$");
        (await world.RunAsync("sessions", "show", lines[1].Split(' ')[0])).Output.ShouldMatch("Front end +admin");
        (await world.RunAsync("sessions", "list", "--provider", "default")).Output.Split('\n').Length.ShouldBe(4);
        var (refused, why) = await world.RunAsync("sessions", "list", "--provider", "nobody");
        (refused, why).ShouldBe((1, "There is no provider of this name. There are: default. (400)"));
        world.Settings.Remove("Bff:FrontEnds:admin:PathBase", out var path);
        world.Settings.Remove("Bff:FrontEnds:admin:Origins:0");
        (await world.RunAsync("sessions", "list")).Output.Split('\n')[0].ShouldContain("  FRONT END  ");   // by the response, whatever the settings say
        (await world.RunAsync("sessions", "show", lines[1].Split(' ')[0])).Output.ShouldMatch("Front end +admin");
        (world.Settings["Bff:FrontEnds:admin:PathBase"], world.Settings["Bff:FrontEnds:admin:Origins:0"]) = (path, Browser.SpaOrigin);
        (await world.RunAsync("sessions", "end", lines[1].Split(' ')[0], "--provider", "default")).ExitCode.ShouldBe(64);
        (await world.RunAsync("sessions", "end", "--user", "bob", "--provider", "default", "--yes")).ShouldBe((0, "Ended 2 sessions."));

        world.Bff.Kill();
        world.Settings["Bff:Providers:staff:Authority"] = "http://127.0.0.1:" + UnusedPort();
        world.Settings["Bff:Providers:staff:ClientId"] = "bff";
        world.Settings["Bff:Providers:staff:ClientSecret"] = "secret";
        world.Settings["Bff:Providers:staff:RequireHttps"] = "false";
        await world.StartListeningAsync();
        (await world.RunAsync("sessions", "list")).Output.Split('\n')[0].ShouldContain("  FRONT END         PROVIDER          FAILURES");
        (await world.RunAsync("sessions", "end", "--user", "alice", "--yes")).ShouldBe((0, "Ended 1 session: 1 at default."));
        (await world.RunAsync("sessions", "end", "--user", "alice")).Output.ShouldContain(
            "End all sessions of 'alice', whoever is called so at default, staff? There is no terminal");
    }

    [Fact]
    public async Task Sessions_are_not_ended_by_a_command_that_says_too_little_or_lacks_the_token()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings["Bff:Ops:Url"] = "http://127.0.0.1:" + UnusedPort();
        world.Settings["Bff:Ops:Token"] = "token-for-the-ops-port";
        await world.StartListeningAsync();
        using var alice = await world.LogInAsync();

        (await world.RunAsync("sessions", "end")).ExitCode.ShouldBe(64);
        world.Settings["Bff:Ops:Token"] = "token-of-another-port";
        var (refused, why) = await world.RunAsync("sessions", "end", "--user", "alice", "--yes");
        refused.ShouldBe(1);
        why.ShouldContain("Bff:Ops:Token");
        (await alice.GetAsync("/api/echo")).Body.ShouldBe("alice");
    }

    [Fact]
    public async Task A_command_on_a_wrong_configuration_lists_the_mistakes()
    {
        await using var world = await RealTimeWorld.StartAsync();
        world.Settings.Remove("Bff:Oidc:ClientId");
        var (exitCode, output) = await world.RunAsync("keys", "rotate");
        exitCode.ShouldBe(78);
        output.ShouldContain("Bff:Oidc:ClientId");
    }

    private static int UnusedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
