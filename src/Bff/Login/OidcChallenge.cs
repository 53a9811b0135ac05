using System.Text.Json;
using Bff.Tokens;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Bff.Login;

/// <summary>Sends the browser to the provider, or says why not.</summary>
internal static partial class OidcChallenge
{
    public static async Task<IResult> SendAsync(HttpContext context, AuthenticationProperties properties)
    {
        FlowCookies.EvictOldest(context);
        try
        {
            await context.ChallengeAsync(OpenIdConnectDefaults.AuthenticationScheme, properties);
            return Results.Empty;
        }
        catch (Exception error) when (IsProviderFault(error))
        {
            CannotStart(context.RequestServices.GetRequiredService<ILogger<OidcEvents>>(), error.GetBaseException().Message);
            context.RequestServices.GetRequiredService<LoginMetrics>().Failed(LoginProblems.ProviderUnavailable.Code, silent: properties.Items.ContainsKey(SilentPage.Item));
            return LoginProblems.ProviderUnavailable;
        }
    }

    /// <summary>Unreachable, or answering a pushed authorization request (RFC 9126) with something unusable.</summary>
    public static bool IsProviderFault(Exception error) => error
        is ProviderUnavailableException or HttpRequestException or TaskCanceledException or JsonException or OpenIdConnectProtocolException
        || (error.InnerException is { } inner && IsProviderFault(inner));

    [LoggerMessage(LogLevel.Warning, "A sign-in could not start: {Reason}")]
    private static partial void CannotStart(ILogger logger, string reason);
}
