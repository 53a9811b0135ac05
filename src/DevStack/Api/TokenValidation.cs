using DevStack.Hosting;
using Microsoft.AspNetCore.Authentication.JwtBearer;

namespace DevStack.Api;

/// <summary>Bearer tokens, validated with the keys from the provider's discovery document.</summary>
internal static class TokenValidation
{
    public const string ReadMessages = "read:messages";

    public static void AddTokenValidation(this WebApplicationBuilder builder, DevStackOptions options)
    {
        builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(bearer =>
        {
            bearer.Authority = options.Authority.AbsoluteUri;
            bearer.Audience = options.ApiAudience;
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
        });
        builder.Services.AddAuthorizationBuilder().AddPolicy(ReadMessages, policy => policy
            .RequireAuthenticatedUser()
            .RequireAssertion(context => Scopes(context.User.FindFirst("scope")?.Value).Contains(ReadMessages)));
    }

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
