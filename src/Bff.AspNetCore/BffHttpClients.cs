using System.Runtime.CompilerServices;
using Bff.Configuration;
using Bff.Forwarding;
using Bff.Providers;
using Microsoft.Extensions.Http;

namespace Bff;

/// <summary>Clients of <see cref="IHttpClientFactory"/> that call APIs with tokens of Bff.</summary>
public static class BffHttpClients
{
    /// <summary>
    /// Sends the access token of the user whose request is being answered with each call, as a route with <c>Bff.Token: User</c> does: renewed first where needed,
    /// and with a proof where it is bound to a key. Without a session, or a token that can be sent, the call is not made.
    /// </summary>
    /// <remarks>
    /// The call fails with an <see cref="HttpRequestException"/> whose <see cref="HttpRequestException.StatusCode"/> is 401 where the user has to sign in, 403
    /// where the provider gives this user no token for the API, else 502 or 503. Where nobody catches it, the response to the user's request is the problem a
    /// route would have answered with. What the API responds is left to the program, 401 included. A redirect is followed without the token.
    /// Cookies of those who are called are not kept: the connections are shared by all users. Let nobody choose the addresses that the client calls: whoever is
    /// called gets the token.
    /// </remarks>
    /// <param name="client">The client.</param>
    /// <param name="audience">The API's name at the provider, as a route's <c>Bff.Audience</c>. Null, with the next two, for the token of the sign-in.</param>
    /// <param name="resource">The API's address (RFC 8707), an absolute URI without a fragment, as <c>Bff.Resource</c>.</param>
    /// <param name="scope">Scopes, separated by single spaces, as <c>Bff.Scope</c>.</param>
    /// <param name="provider">Whose token it is, as <c>Bff.Provider</c>; null for the provider that the user is signed in at.</param>
    /// <returns>The client.</returns>
    /// <exception cref="ArgumentException">What is asked for cannot be. A provider that there is not stops the start.</exception>
    public static IHttpClientBuilder AddBffUserToken(
        this IHttpClientBuilder client, string? audience = null, string? resource = null, string? scope = null, string? provider = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        client.Services.AddHttpContextAccessor();
        return client.AddToken<UserTokenHandler>(RouteToken.Of(TokenPolicy.User, audience, resource, scope, provider));
    }

    /// <summary>
    /// Sends the application's own token (client credentials, RFC 6749 section 4.4) with each call, as a route with <c>Bff.Token: Client</c> does: shared by all
    /// nodes, renewed ahead of its expiry while it is used, and with a proof where it is bound to a key. It needs no user and no request: for background work, too.
    /// </summary>
    /// <remarks>
    /// Without a token the call is not made, and fails with an <see cref="HttpRequestException"/> whose <see cref="HttpRequestException.StatusCode"/> is 502
    /// where the provider gives this application none, or 503 where it cannot be asked. What the API responds is left to the program, 401 included. A redirect is
    /// followed without the token. Let nobody choose the addresses that the client calls, and let nobody use it for what they may not do themselves: the API sees
    /// the application, whoever asks.
    /// </remarks>
    /// <param name="client">The client.</param>
    /// <param name="audience">The API's name at the provider, as a route's <c>Bff.Audience</c>. Null, with the next two, for what the provider gives by itself.</param>
    /// <param name="resource">The API's address (RFC 8707), an absolute URI without a fragment, as <c>Bff.Resource</c>.</param>
    /// <param name="scope">Scopes, separated by single spaces, as <c>Bff.Scope</c>.</param>
    /// <param name="provider">At which provider, as <c>Bff.Provider</c>; null for the first.</param>
    /// <returns>The client.</returns>
    /// <exception cref="ArgumentException">What is asked for cannot be. A provider that there is not stops the start.</exception>
    public static IHttpClientBuilder AddBffClientToken(
        this IHttpClientBuilder client, string? audience = null, string? resource = null, string? scope = null, string? provider = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.AddToken<ClientTokenHandler>(RouteToken.Of(TokenPolicy.Client, audience, resource, scope, provider));
    }

    private static IHttpClientBuilder AddToken<T>(this IHttpClientBuilder client, RouteToken token, [CallerMemberName] string method = "")
        where T : DelegatingHandler
    {
        client.Services.AddSingleton(new ConfigurationRule(configuration =>
            token.MistakeInProvider(ProviderNames.Of(configuration).All) is { } mistake ? [$"{method}() of the HTTP client '{client.Name}': {mistake}"] : []));

        // After all that the program says of the handler, wherever it says it: its cookies would be those of every user.
        client.Services.PostConfigure<HttpClientFactoryOptions>(
            client.Name, options => options.HttpMessageHandlerBuilderActions.Add(builder => KeepNoCookies(builder.PrimaryHandler, client.Name)));
        return client
            .AddHttpMessageHandler(services => ActivatorUtilities.CreateInstance<T>(
                services, ActivatorUtilities.CreateInstance<RouteTokens>(services, token)))
            .AddHttpMessageHandler(services => ActivatorUtilities.CreateInstance<ProvenCalls>(services));
    }

    private static void KeepNoCookies(HttpMessageHandler? handler, string client)
    {
        while (handler is DelegatingHandler outer) { handler = outer.InnerHandler; }
        try
        {
            if (handler is SocketsHttpHandler { UseCookies: true } sockets) { sockets.UseCookies = false; }
            else if (handler is HttpClientHandler { UseCookies: true } usual) { usual.UseCookies = false; }
        }
        catch (InvalidOperationException error) when (error is not ObjectDisposedException)
        {
            throw new InvalidOperationException(
                $"The HTTP client '{client}' has a handler that keeps cookies, which would be those of every user, and that is in use already. "
                + "Make it with UseCookies = false.", error);
        }
    }
}
