namespace DevStack.Provider.Protocol;

/// <summary>
/// Lets token requests in one at a time. OpenIddict looks at a refresh token first and redeems it later: two that arrive
/// together would both pass as its first use, and reuse would go unseen.
/// </summary>
internal static class TokenGate
{
    public static void UseTokenGate(this WebApplication app)
    {
        var gate = new SemaphoreSlim(1);
        app.UseWhen(context => context.Request.Path.StartsWithSegments(Routes.Token), branch => branch.Use(async (context, next) =>
        {
            await gate.WaitAsync(context.RequestAborted);
            try
            {
                await next(context);
            }
            finally
            {
                gate.Release();
            }
        }));
    }
}
