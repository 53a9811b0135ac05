using System.Net;
using Microsoft.AspNetCore.WebUtilities;

namespace Bff.HostTests.PretendProviders;

/// <summary>The ways in which providers want to be asked to sign somebody out.</summary>
public sealed class SignOutTests
{
    private const string Back = "https://page.example/bye";

    [Theory]
    [InlineData(nameof(SignOutStyle.Cognito), "/logout", "logout_uri")]
    [InlineData(nameof(SignOutStyle.Auth0), "/v2/logout", "returnTo")]
    public async Task A_provider_with_a_way_of_its_own_announces_none_and_leads_to_registered_addresses(string style, string path, string parameter)
    {
        await using var client = await ProviderClient.StartAsync();
        client.Provider.SignOut = Enum.Parse<SignOutStyle>(style);
        client.Provider.RegisteredSignOutUris.Add(Back);
        (await client.MetadataAsync()).TryGetProperty("end_session_endpoint", out _).ShouldBeFalse();
        var id = ("client_id", PretendProvider.ClientId);

        var done = await OpenAsync(client, path, id, (parameter, Back));

        done.Location.ShouldBe(new Uri(Back));
        client.Provider.SignOuts.ShouldHaveSingleItem()[parameter].ShouldBe(Back);
        await RefusesAsync(client, path, (parameter, Back));
        await RefusesAsync(client, path, id);
        await RefusesAsync(client, path, id, (parameter, "https://page.example/other"));
        await RefusesAsync(client, path, id, ("post_logout_redirect_uri", Back));
        (await OpenAsync(client, "/end-session", id)).Status.ShouldBe(HttpStatusCode.NotFound);
        client.Provider.Refusals.Count.ShouldBe(4);
    }

    [Fact]
    public async Task Cognito_refuses_what_openid_connect_calls_the_way_back()
    {
        await using var client = await ProviderClient.StartAsync();
        client.Provider.SignOut = SignOutStyle.Cognito;
        client.Provider.RegisteredSignOutUris.Add(Back);

        await RefusesAsync(client, "/logout", ("client_id", PretendProvider.ClientId), ("logout_uri", Back), ("post_logout_redirect_uri", Back));
    }

    [Fact]
    public async Task An_id_token_can_be_needed_as_a_hint_and_the_way_back_be_registered()
    {
        await using var client = await ProviderClient.StartAsync();
        client.Provider.RequiresIdTokenHint = true;
        client.Provider.RegisteredSignOutUris.Add(Back);
        var token = (await client.SignInAsync()).Text("id_token")!;

        await RefusesAsync(client, "/end-session", ("post_logout_redirect_uri", Back));
        await RefusesAsync(client, "/end-session", ("post_logout_redirect_uri", Back), ("id_token_hint", token + "x"));
        await RefusesAsync(client, "/end-session", ("post_logout_redirect_uri", Back + "/other"), ("id_token_hint", token));
        var done = await OpenAsync(client, "/end-session", ("post_logout_redirect_uri", Back), ("id_token_hint", token), ("state", "s1"));
        done.Location.ShouldBe(new Uri(Back + "?state=s1"));
    }

    [Fact]
    public async Task A_long_url_can_be_refused()
    {
        await using var client = await ProviderClient.StartAsync();
        client.Provider.LongestUrl = 2_000;
        var room = 2_000 - (client.Provider.Address + "/end-session?x=").Length - ("&post_logout_redirect_uri=" + Uri.EscapeDataString(Back)).Length;

        (await OpenAsync(client, "/end-session", ("x", new string('a', room)), ("post_logout_redirect_uri", Back))).Status.ShouldBe(HttpStatusCode.Found);
        var answer = await OpenAsync(client, "/end-session", ("x", new string('a', room + 1)), ("post_logout_redirect_uri", Back));

        ((int)answer.Status).ShouldBe(414);
        client.Provider.Refusals.ShouldHaveSingleItem().Reason.ShouldBe("a URL of 2001 characters");
    }

    private static async Task RefusesAsync(ProviderClient client, string path, params (string Name, string Value)[] query)
    {
        var answer = await OpenAsync(client, path, query);
        (answer.Status, answer.Text("error")).ShouldBe((HttpStatusCode.BadRequest, "invalid_request"));
    }

    private static Task<Answer> OpenAsync(ProviderClient client, string path, params (string Name, string Value)[] query) =>
        client.GetAsync(QueryHelpers.AddQueryString(path, query.ToDictionary(pair => pair.Name, pair => (string?)pair.Value)));
}
