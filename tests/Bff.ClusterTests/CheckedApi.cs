using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Security.Claims;
using System.Text.Json;
using Bff.HostTests;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace Bff.ClusterTests;

/// <summary>
/// An API as others write it: ASP.NET Core's <c>JwtBearer</c> verifies the access token with the keys that the provider publishes, Microsoft's token library
/// the proof that goes with a bound one (RFC 9449 section 7). <c>/api/transfer</c> wants a sign-in of <see cref="Strong"/> (RFC 9470).
/// </summary>
internal sealed class CheckedApi : IAsyncDisposable
{
    public const string Strong = "urn:mfa";

    private const string Scheme = "DPoP ", ErrorItem = "error";

    private readonly WebApplication _app;

    private CheckedApi(PretendProvider provider)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(options =>
        {
            options.Authority = provider.Issuer;
            options.RequireHttpsMetadata = false;
            options.MapInboundClaims = false;
            options.TokenValidationParameters.ValidateAudience = false;
            options.Events = new()
            {
                OnMessageReceived = TakeBoundToken, OnTokenValidated = CheckProofAsync, OnChallenge = Challenge, OnForbidden = AskForMore,
            };
        });
        builder.Services.AddAuthorizationBuilder().AddPolicy(Strong, policy => policy.RequireAuthenticatedUser().RequireClaim("acr", Strong));
        _app = builder.Build();
        _app.UseWebSockets();
        _app.UseAuthentication();
        _app.UseAuthorization();
        _app.Map("/api/transfer", WriteUserAsync).RequireAuthorization(Strong);
        _app.Map("/api/stream", StreamAsync).RequireAuthorization();
        _app.Map("/api/socket", EchoAsync).RequireAuthorization();
        _app.Map("/api/{**rest}", WriteUserAsync).RequireAuthorization();
    }

    public static async Task<CheckedApi> StartAsync(PretendProvider provider)
    {
        var api = new CheckedApi(provider);
        await api._app.StartAsync();
        return api;
    }

    public string Address => _app.Urls.Single();

    /// <summary>Of bound tokens; with a nonce in it, nothing passes without that.</summary>
    public ProofChecker Proofs { get; } = new(TimeProvider.System);

    /// <summary>Why calls were refused that had a token, in order.</summary>
    public ConcurrentQueue<string> Refusals { get; } = new();

    /// <summary>The scheme of each token that was taken.</summary>
    public ConcurrentQueue<string> Schemes { get; } = new();

    private static Task TakeBoundToken(MessageReceivedContext context)
    {
        var authorization = context.Request.Headers.Authorization.ToString();
        if (authorization.StartsWith(Scheme, StringComparison.Ordinal)) { context.Token = authorization[Scheme.Length..]; }
        return Task.CompletedTask;
    }

    private async Task CheckProofAsync(TokenValidatedContext context)
    {
        var (request, key) = (context.Request, KeyOf(context.Principal!));
        var authorization = request.Headers.Authorization.ToString();
        var isProven = authorization.StartsWith(Scheme, StringComparison.Ordinal);
        if (key is not null && Proofs.NonceFor(request.Path) is { } nonce) { context.Response.Headers["DPoP-Nonce"] = nonce; }
        if (isProven != key is not null) { Refuse(context, "invalid_token", isProven ? "a bearer token with a proof" : "a bound token as a bearer token"); }
        else if (key is not null)
        {
            var proof = await Proofs.CheckAsync(request, authorization[Scheme.Length..]);
            if (proof.Thumbprint is null) { Refuse(context, proof.Error, proof.Reason); }
            else if (proof.Thumbprint != key) { Refuse(context, "invalid_token", "another key"); }
        }

        if (context.Result is null) { Schemes.Enqueue(authorization.Split(' ')[0]); }
    }

    private void Refuse(TokenValidatedContext context, string error, string reason)
    {
        Refusals.Enqueue(reason);
        context.HttpContext.Items[ErrorItem] = error;
        context.Fail(reason);
    }

    /// <summary>The thumbprint in the token's <c>cnf</c>.</summary>
    private static string? KeyOf(ClaimsPrincipal user) => user.FindFirstValue("cnf") is { } confirmation
        && JsonDocument.Parse(confirmation).RootElement.TryGetProperty("jkt", out var thumbprint) ? thumbprint.GetString() : null;

    private Task Challenge(JwtBearerChallengeContext context)
    {
        if (context.AuthenticateFailure is { } failure && !context.HttpContext.Items.ContainsKey(ErrorItem)) { Refusals.Enqueue(failure.GetType().Name); }
        context.HandleResponse();
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        context.Response.Headers.WWWAuthenticate = context.HttpContext.Items[ErrorItem] is string error
            ? $"DPoP error=\"{error}\", algs=\"ES256\"" : "Bearer error=\"invalid_token\"";
        return Task.CompletedTask;
    }

    private static Task AskForMore(ForbiddenContext context)
    {
        var scheme = context.Request.Headers.Authorization.ToString().Split(' ')[0];
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        context.Response.Headers.WWWAuthenticate = new StringValues(
            $"{scheme} error=\"insufficient_user_authentication\", error_description=\"A stronger sign-in is needed\", acr_values=\"{Strong}\", max_age=\"300\"");
        return Task.CompletedTask;
    }

    private static Task WriteUserAsync(HttpContext context) => context.Response.WriteAsync(context.User.FindFirstValue("sub")!);

    private static async Task StreamAsync(HttpContext context)
    {
        await context.Response.WriteAsync("begun\n");
        await context.Response.Body.FlushAsync();
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task EchoAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[1024];
        while (await socket.ReceiveAsync(buffer, context.RequestAborted) is { MessageType: not WebSocketMessageType.Close } received)
        {
            await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, context.RequestAborted);
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
