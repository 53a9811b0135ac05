using System.Security.Claims;

namespace DevStack.Api;

internal static class MessageEndpoints
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    public static void MapMessages(this WebApplication app)
    {
        app.MapGet("/api/public", () => new Answer("Hello from the public endpoint. Anyone may read this, signed in or not."));
        app.MapGet("/api/private", () => new Answer("Hello from the private endpoint. You can read this because you are signed in."))
            .RequireAuthorization();
        app.MapGet("/api/private-scoped", () => new Answer(
                $"Hello from the scoped endpoint. You can read this because you are signed in and may {TokenValidation.ReadMessages}."))
            .RequireAuthorization(TokenValidation.ReadMessages);
        app.MapGet("/api/orders", (ClaimsPrincipal user) => new Answer(
                $"Hello from the orders, an API of their own. Your token is for {user.FindFirst("aud")?.Value} alone and may {user.FindFirst("scope")?.Value}."))
            .RequireAuthorization(TokenValidation.ReadOrders);
        app.MapGet("/api/machine", (ClaimsPrincipal user) => new Answer(
                $"Hello from the machines' endpoint. No user asked here, but the application {user.FindFirst("sub")?.Value}."))
            .RequireAuthorization(TokenValidation.Machine);
        app.MapGet("/api/slow", WaitAsync);
    }

    private static async Task<Answer> WaitAsync(TimeProvider clock, CancellationToken cancellationToken, int ms = 1_000)
    {
        var wait = TimeSpan.FromMilliseconds(Math.Clamp(ms, 0, LongestWait.TotalMilliseconds));
        await Task.Delay(wait, clock, cancellationToken);
        return new Answer($"Hello from the slow endpoint, after {wait.TotalMilliseconds:0} ms.");
    }
}
