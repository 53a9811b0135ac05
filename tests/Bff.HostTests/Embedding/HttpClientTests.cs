using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Bff.HostTests.Embedding;

/// <summary>Clients of the program's own that send tokens.</summary>
public sealed class HttpClientTests
{
    private const string Orders = "orders";

    private static readonly string[] Names = ["user", "application"];

    [Fact]
    public async Task The_applications_own_token_needs_no_user_and_no_request_and_is_got_once_for_all_calls()
    {
        await using var program = await StartAsync();
        program.Api.Audience = Orders;

        (await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => CallAsync(program)))).ShouldAllBe(body => body == program.Provider.ClientSubject);
        program.Provider.Apis!.Requests.Select(request => (request.Grant, request.Audience, request.Scope))
            .ShouldBe([("client_credentials", Orders, "orders.read")]);
        using var stranger = program.NewBrowser();
        (await stranger.GetAsync(Call(program, "application"))).Body.ShouldBe(program.Provider.ClientSubject, "nobody is signed in");

        program.Clock.Advance(program.Provider.Lifetime);
        (await CallAsync(program)).ShouldBe(program.Provider.ClientSubject);
        program.Provider.Apis.CountOf(Orders).ShouldBe(2);

        program.Provider.Apis.Refused[Orders] = "invalid_target";
        program.Clock.Advance(program.Provider.Lifetime);
        (await Should.ThrowAsync<HttpRequestException>(() => CallAsync(program))).StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        program.Provider.GoDown();
        program.Clock.Advance(TimeSpan.FromMinutes(2));
        (await Should.ThrowAsync<HttpRequestException>(() => CallAsync(program))).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await stranger.GetAsync(Call(program, "application"))).ShouldBeProblem(503, "provider_unavailable");
        program.Api.Refused.ShouldBe(0);

        static Task<string> CallAsync(EmbeddedProgram program) =>
            program.Services.GetRequiredService<IHttpClientFactory>().CreateClient("application").GetStringAsync(program.Api.Address + "/api/echo");
    }

    [Fact]
    public async Task A_users_token_may_be_for_an_API_of_its_own()
    {
        await using var program = await StartAsync();
        program.Api.Audience = Orders;
        using var alice = await program.LogInAsync();

        (await alice.GetAsync(Call(program, "user"))).Body.ShouldBe("alice");
        (await alice.GetAsync(Call(program, "user"))).Body.ShouldBe("alice");

        program.Provider.Apis!.Requests.Select(request => (request.Grant, request.Audience)).ShouldBe([("refresh_token", Orders)]);
        program.Api.Misled.ShouldBe(0);
    }

    [Theory]
    [InlineData("user")]
    [InlineData("application")]
    public async Task A_bound_token_is_sent_with_a_proof_and_once_more_with_the_nonce_that_an_API_wants(string client)
    {
        await using var program = await StartAsync(("Bff:Oidc:TokenType", "DPoP"));
        program.Provider.Proofs = new(program.Clock);
        (program.Api.Audience, program.Api.Proofs.Nonce) = (Orders, "nonce-1");
        using var alice = await program.LogInAsync();
        var whose = client == "user" ? "alice" : program.Provider.ClientSubject;

        (await alice.GetAsync(Call(program, client))).Body.ShouldBe(whose);
        program.Api.Calls.Select(call => call.Status).ShouldBe([401, 200]);
        program.Api.LastCall.Header("Authorization")!.ShouldStartWith("DPoP ");
        program.Api.Proofs.Nonce = "nonce-2";
        (await alice.PostAsync(Call(program, client))).Body.ShouldBe(whose);
        program.Api.LastCall.Header("Content-Length").ShouldBe("5");

        // The key is the session's, or the client's own: one for all calls.
        program.Api.Proofs.Keys.Count.ShouldBe(1);
        program.Provider.FindAccessToken(program.Api.LastCall.Token!)!.KeyThumbprint.ShouldBe(program.Api.Proofs.Keys.Keys.Single());
        program.Api.ProofRefusals.ShouldAllBe(reason => reason.Contains("nonce", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_store_that_is_away_is_no_reason_to_sign_in()
    {
        await using var program = await StartAsync(("Bff:Sessions:CacheLifetime", "00:00:00"));
        using var alice = await program.LogInAsync();
        await using var database = new SqliteConnection($"Data Source={program.DatabaseFile};Pooling=False");
        await database.OpenAsync();
        await using var command = database.CreateCommand();
        command.CommandText = "ALTER TABLE sessions RENAME TO away";
        await command.ExecuteNonQueryAsync();

        (await alice.GetAsync("/failure?to=" + Uri.EscapeDataString(program.Api.Address))).Body.ShouldBe("HttpRequestException ServiceUnavailable");
        (await alice.GetAsync(Call(program, "user"))).ShouldBeProblem(503, "store_unavailable");
        program.Api.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_handler_that_is_shared_and_in_use_is_taken_where_it_keeps_no_cookies()
    {
        using var without = new SocketsHttpHandler { UseCookies = false };
        using var with = new HttpClientHandler();
        using var within = new SocketsHttpHandler();
        await using var program = await EmbeddedProgram.StartAsync(
            builder =>
            {
                builder.Services.AddHttpClient("without").AddBffClientToken().ConfigurePrimaryHttpMessageHandler(() => new Relay { InnerHandler = without });
                builder.Services.AddHttpClient("with").AddBffClientToken().ConfigurePrimaryHttpMessageHandler(() => new Relay { InnerHandler = with });
                builder.Services.AddHttpClient("within").AddBffClientToken()
                    .ConfigurePrimaryHttpMessageHandler(() => new Relay { InnerHandler = new Relay { InnerHandler = within } });
            },
            _ => { });
        foreach (var used in new HttpMessageHandler[] { without, with })
        {
            using var client = new HttpClient(used, disposeHandler: false);
            (await client.GetAsync(new Uri(program.Api.Address + "/api/echo"))).Dispose();
        }

        var clients = program.Services.GetRequiredService<IHttpClientFactory>();
        (await clients.CreateClient("without").GetStringAsync(program.Api.Address + "/api/echo")).ShouldBe(program.Provider.ClientSubject);
        clients.CreateClient("within").ShouldNotBeNull();
        within.UseCookies.ShouldBeFalse();
        Should.Throw<InvalidOperationException>(() => clients.CreateClient("with"))
            .Message.ShouldContain("The HTTP client 'with' has a handler that keeps cookies");
    }

    private sealed class Relay : DelegatingHandler;

    [Fact]
    public void What_cannot_be_asked_for_is_told_at_the_start()
    {
        var builder = WebApplication.CreateBuilder();
        builder.AddBff();
        var client = builder.Services.AddHttpClient("jobs").AddBffClientToken(provider: "staff").AddBffUserToken(provider: "office");

        Should.Throw<ArgumentException>(() => client.AddBffClientToken(scope: "two  spaces")).ParamName.ShouldBe("scope");
        Should.Throw<ArgumentException>(() => client.AddBffUserToken(resource: "orders")).ParamName.ShouldBe("resource");
        var mistakes = Should.Throw<InvalidOperationException>(() => builder.Build().UseBff()).Message;
        mistakes.ShouldContain("AddBffClientToken() of the HTTP client 'jobs': there is no provider 'staff'.");
        mistakes.ShouldContain("AddBffUserToken() of the HTTP client 'jobs': there is no provider 'office'.");
    }

    private static string Call(EmbeddedProgram program, string client) => $"/{client}?to={Uri.EscapeDataString(program.Api.Address + "/api/echo")}";

    private static async Task<EmbeddedProgram> StartAsync(params (string Key, string? Value)[] settings)
    {
        var program = await EmbeddedProgram.StartAsync(
            builder =>
            {
                builder.Services.AddHttpClient("user").AddBffUserToken(audience: Orders);
                builder.Services.AddHttpClient("application").AddBffClientToken(audience: Orders, scope: "orders.read");
            },
            app =>
            {
                foreach (var name in Names)
                {
                    app.MapGet($"/{name}", (string to, IHttpClientFactory clients) => clients.CreateClient(name).GetStringAsync(new Uri(to)));
                    app.MapPost($"/{name}", async (string to, IHttpClientFactory clients) =>
                    {
                        using var body = new StringContent("hello");
                        using var response = await clients.CreateClient(name).PostAsync(new Uri(to), body);
                        return await response.Content.ReadAsStringAsync();
                    });
                }

                app.MapGet("/failure", async (string to, IHttpClientFactory clients) =>
                {
                    try
                    {
                        return await clients.CreateClient("user").GetStringAsync(new Uri(to));
                    }
                    catch (HttpRequestException error)
                    {
                        return $"{nameof(HttpRequestException)} {error.StatusCode}";
                    }
                });
            },
            settings);
        program.Provider.Apis = new(Orders);
        return program;
    }
}
