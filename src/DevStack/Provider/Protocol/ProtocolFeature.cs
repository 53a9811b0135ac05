using DevStack.Hosting;
using DevStack.Provider.Storage;
using DevStack.Provider.Users;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace DevStack.Provider.Protocol;

internal static class ProtocolFeature
{
    private static readonly string[] GetOrPost = [HttpMethods.Get, HttpMethods.Post];

    public static OpenIddictServerBuilder AddProtocol(this WebApplicationBuilder builder, DevStackOptions options, DataDirectory directory)
    {
        OpenIddictServerBuilder? provider = null;
        builder.Services.AddOpenIddict()
            .AddCore(core => core.UseEntityFrameworkCore().UseDbContext<ProviderDatabase>())
            .AddServer(server => provider = server
                .AddFlows()
                .AddEndpoints(options)
                .AddTokens(options, directory)
                .AcceptAudience()
                .NarrowOrders(options)
                .RegisterScopes([.. DemoScopes.All])
                .RegisterClaims(Claims.Name, Claims.PreferredUsername, Claims.Email));
        return provider!;
    }

    public static void MapProtocol(this WebApplication app)
    {
        app.MapMethods(Routes.Authorize, GetOrPost, AuthorizeEndpoint.Handle);
        app.MapPost(Routes.Token, TokenEndpoint.Handle);
        app.MapMethods(Routes.UserInfo, GetOrPost, (Delegate)UserInfoEndpoint.Handle);
        app.MapMethods(Routes.EndSession, GetOrPost, (Delegate)EndSessionEndpoint.Handle);
    }

    private static OpenIddictServerBuilder AddFlows(this OpenIddictServerBuilder server) => server
        .AllowAuthorizationCodeFlow()
        .RequireProofKeyForCodeExchange()
        .Configure(server => server.CodeChallengeMethods.Remove(CodeChallengeMethods.Plain))
        .AllowRefreshTokenFlow()
        .AllowClientCredentialsFlow();

    private static OpenIddictServerBuilder AddEndpoints(this OpenIddictServerBuilder server, DevStackOptions options)
    {
        server.SetAuthorizationEndpointUris(ForBrowsers(Routes.Authorize, options))
            .SetEndSessionEndpointUris(ForBrowsers(Routes.EndSession, options))
            .SetPushedAuthorizationEndpointUris(Routes.PushedAuthorization)
            .SetTokenEndpointUris(Routes.Token)
            .SetRevocationEndpointUris(Routes.Revocation)
            .SetUserInfoEndpointUris(Routes.UserInfo)
            .UseAspNetCore()
            .DisableTransportSecurityRequirement()
            .EnableErrorPassthrough()
            .EnableAuthorizationEndpointPassthrough()
            .EnableTokenEndpointPassthrough()
            .EnableUserInfoEndpointPassthrough()
            .EnableEndSessionEndpointPassthrough();
        return options.Issuer is null ? server : server.SetIssuer(options.Issuer);
    }

    private static OpenIddictServerBuilder AddTokens(this OpenIddictServerBuilder server, DevStackOptions options, DataDirectory directory) => server
        .AddSigningKey(RsaKeyFile.LoadOrCreate(directory, "signing-key.pem"))
        .AddEncryptionKey(RsaKeyFile.LoadOrCreate(directory, "encryption-key.pem"))
        .DisableAccessTokenEncryption()
        .UseReferenceRefreshTokens()
        .SetAccessTokenLifetime(options.AccessTokenLifetime)
        .SetIdentityTokenLifetime(options.IdentityTokenLifetime)
        .SetRefreshTokenLifetime(options.RefreshTokenLifetime)
        .SetRefreshTokenReuseLeeway(options.RefreshTokenReuseLeeway);

    // Servers may call the provider by another name than browsers do (in containers); browsers go to the issuer's address.
    private static Uri ForBrowsers(string route, DevStackOptions options) =>
        options.Issuer is null ? new Uri(route, UriKind.Relative) : new Uri(options.Issuer, route);
}
