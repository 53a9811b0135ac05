namespace Bff.HostTests.Login.BackChannel;

/// <summary>A provider's server, which signs users out at the proxy.</summary>
internal static class BackChannelCalls
{
    public const string Path = "/bff/backchannel";

    public static HttpContent Form(params string[] tokens) =>
        new FormUrlEncodedContent(tokens.Select(token => KeyValuePair.Create("logout_token", token)));

    public static Task<Answer> SendLogoutAsync(this World world, string token, BffHost? at = null, string path = Path) =>
        world.PostToBackChannelAsync(Form(token), at, path);

    /// <summary>No cookie, no origin, no header of ours.</summary>
    public static async Task<Answer> PostToBackChannelAsync(this World world, HttpContent? body, BffHost? at = null, string path = Path)
    {
        var server = world.NewBrowser(at);
        var request = server.Bare(HttpMethod.Post, path);
        request.Content = body;
        return await server.SendAsync(request);
    }

    /// <summary>Has the provider sign out while it writes the next ID token, and waits for the proxy's response before it goes on.</summary>
    /// <param name="world">Whose provider.</param>
    /// <param name="tokenFor">Makes the logout token of the ID token's claims.</param>
    public static Task<Answer> LogOutWithinNextIdToken(this World world, Func<IDictionary<string, object?>, string> tokenFor)
    {
        var sent = new TaskCompletionSource<Answer>();
        world.Provider.ShapeIdToken = claims =>
        {
            world.Provider.ShapeIdToken = _ => { };
            sent.SetResult(Task.Run(() => world.SendLogoutAsync(tokenFor(claims))).GetAwaiter().GetResult());
        };
        return sent.Task;
    }
}
