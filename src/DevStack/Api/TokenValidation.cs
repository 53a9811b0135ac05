using DevStack.Hosting;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;

namespace DevStack.Api;

/// <summary>Bearer tokens, validated with the keys from the provider's discovery document.</summary>
internal static class TokenValidation
{
    public const string ReadMessages = "read:messages", ReadOrders = "read:orders", Machine = "machine";

    /// <summary>Tokens for the orders, which open nothing else; and no others open them.</summary>
    private const string OrdersScheme = "Orders";

    public static void AddTokenValidation(this WebApplicationBuilder builder, DevStackOptions options)
    {
        builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme)
            .AddJwtBearer(bearer => Configure(bearer, options, options.ApiAudience))
            .AddJwtBearer(OrdersScheme, bearer => Configure(bearer, options, options.OrdersAudience));
        builder.Services.AddAuthorizationBuilder()
            .AddPolicy(ReadMessages, policy => policy.RequireAuthenticatedUser().RequireAssertion(context => MayDo(context, ReadMessages)))
            .AddPolicy(ReadOrders, policy => policy.AddAuthenticationSchemes(OrdersScheme)
                .RequireAuthenticatedUser().RequireAssertion(context => MayDo(context, ReadOrders)))
            .AddPolicy(Machine, policy => policy.RequireAuthenticatedUser().RequireAssertion(context => IsNoUser(context)));
    }

    private static void Configure(JwtBearerOptions bearer, DevStackOptions options, string audience)
    {
        bearer.Authority = options.Authority.AbsoluteUri;
        bearer.Audience = audience;
        bearer.RequireHttpsMetadata = false;
        bearer.MapInboundClaims = false;
        bearer.RefreshInterval = TimeSpan.FromSeconds(5);           // new keys are found soon after the provider's data was deleted
        bearer.BackchannelTimeout = TimeSpan.FromSeconds(5);
        bearer.TokenValidationParameters.ClockSkew = TimeSpan.Zero; // an expired token is expired, to the second
        bearer.TokenValidationParameters.ValidTypes = ["at+jwt"];
        bearer.Events = new JwtBearerEvents
        {
            OnChallenge = ChallengeAsync,
            OnForbidden = NameTheScopeAsync,
        };
    }

    private static bool MayDo(AuthorizationHandlerContext context, string scope) => Scopes(context.User.FindFirst("scope")?.Value).Contains(scope);

    /// <summary>RFC 9068 section 5: where no user is involved the subject is the client.</summary>
    private static bool IsNoUser(AuthorizationHandlerContext context) =>
        context.User.FindFirst("sub")?.Value is { } subject && subject == context.User.FindFirst("client_id")?.Value;

    public static string[] Scopes(string? claim) => claim?.Split(' ') ?? [];

    // No keys, no verdict: while the provider is down and was never asked before, a token is neither good nor bad.
    private static async Task ChallengeAsync(JwtBearerChallengeContext context)
    {
        if (context.AuthenticateFailure is not null && !await HasKeysAsync(context))
        {
            context.HandleResponse();
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = "1";
        }
    }

    private static async Task<bool> HasKeysAsync(JwtBearerChallengeContext context)
    {
        try
        {
            await context.Options.ConfigurationManager!.GetConfigurationAsync(context.HttpContext.RequestAborted);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static Task NameTheScopeAsync(ForbiddenContext context)
    {
        context.Response.Headers.WWWAuthenticate = $"Bearer error=\"insufficient_scope\", scope=\"{ReadMessages}\"";
        return Task.CompletedTask;
    }
}
