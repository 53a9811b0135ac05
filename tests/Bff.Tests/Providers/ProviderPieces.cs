using Bff.Configuration;
using Bff.Providers;
using Bff.Providers.ClientAuthentication;
using Bff.Providers.Metadata;
using Bff.Providers.Named;
using Bff.Providers.Throttling;
using Bff.Providers.TokenEndpoint;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Bff.Tests.Providers;

/// <summary>A provider put together without a program around it.</summary>
internal static class ProviderPieces
{
    public static Provider Of(
        IHttpClientFactory clients, TimeProvider clock, OidcOptions? oidc = null, ThrottlingOptions? throttling = null,
        IOptionsMonitor<TokenOptions>? tokens = null)
    {
        var options = FixedOptions.Of(oidc ?? new OidcOptions { Authority = "https://idp.example", ClientId = "bff", ClientSecret = "secret" });
        var registration = new ClientRegistration(ClientRegistration.DefaultName, options, clients);
        var metadata = new ProviderMetadata(
            registration, new TestEnvironment(), new AcceptedConfiguration(), clock, NullLogger<ProviderMetadata>.Instance);
        var idTokens = new IdTokenValidator(registration, metadata, clock);
        var authenticator = new ClientAuthenticator(registration, clock);
        var proofs = new EndpointProofs(clock);
        var claims = new UserClaims(registration, NullLogger<UserClaims>.Instance);
        return new Provider(
            registration, metadata, authenticator, new TokenCallGate(FixedOptions.Of(throttling ?? new ThrottlingOptions()), clock), idTokens,
            new LogoutTokenValidator(registration, metadata, idTokens, clock),
            new TokenEndpointClient(
                registration, metadata, authenticator, proofs, idTokens, claims,
                tokens ?? FixedOptions.Of(new TokenOptions()), clock, NullLogger<TokenEndpointClient>.Instance),
            new SignInClient(registration, metadata, authenticator, proofs, NullLogger<SignInClient>.Instance),
            new UserInfoClient(registration, metadata, idTokens, clock), claims);
    }
}
