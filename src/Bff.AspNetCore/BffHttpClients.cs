using Bff.Forwarding;
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
    /// The call fails with an <see cref="HttpRequestException"/> whose <see cref="HttpRequestException.StatusCode"/> is 401 where the user has to sign in, else 502
    /// or 503. Where nobody catches it, the response to the user's request is the problem a route would have answered with. A redirect is followed without the
    /// token. Cookies of those who are called are not kept: the connections are shared by all users. Let nobody choose the addresses that the client calls: whoever
    /// is called gets the token.
    /// </remarks>
    /// <param name="client">The client.</param>
    /// <returns>The client.</returns>
    public static IHttpClientBuilder AddBffUserToken(this IHttpClientBuilder client)
    {
        ArgumentNullException.ThrowIfNull(client);
        client.Services.AddHttpContextAccessor();

        // After all that the program says of the handler, wherever it says it: its cookies would be those of every user.
        client.Services.PostConfigure<HttpClientFactoryOptions>(
            client.Name, options => options.HttpMessageHandlerBuilderActions.Add(builder => KeepNoCookies(builder.PrimaryHandler)));
        return client
            .AddHttpMessageHandler(services => ActivatorUtilities.CreateInstance<UserTokenHandler>(services))
            .AddHttpMessageHandler(services => ActivatorUtilities.CreateInstance<ProvenCalls>(services));
    }

    private static void KeepNoCookies(HttpMessageHandler handler)
    {
        if (handler is SocketsHttpHandler sockets) { sockets.UseCookies = false; }
        else if (handler is HttpClientHandler usual) { usual.UseCookies = false; }
    }
}
