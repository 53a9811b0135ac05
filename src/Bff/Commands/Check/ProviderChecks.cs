using System.Net;
using Bff.Tokens;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Bff.Commands.Check;

/// <summary>The provider answers and is the one we mean, knows our client, and agrees with us about the time.</summary>
internal sealed class ProviderChecks(Provider provider, TokenEndpointClient tokenEndpoint, IHttpClientFactory clients, IOptions<OidcOptions> options, TimeProvider clock)
{
    private const string Discovery = "provider";
    private const string Client = "client";
    private const string Authority = "Bff:Oidc:Authority";
    private const string OfflineAccess = OpenIdConnectScope.OfflineAccess;

    private static readonly TimeSpan MostClockSkew = TimeSpan.FromSeconds(60);

    public async Task<IReadOnlyList<Finding>> RunAsync()
    {
        var findings = new List<Finding>();
        if (await ReachAsync(findings) && await ReadAsync(findings) is { } metadata)
        {
            findings.Add(OfflineAccessOf(metadata));
            findings.Add(await ClientAsync());
        }

        return findings;
    }

    private async Task<bool> ReachAsync(List<Finding> findings)
    {
        var address = options.Value.EffectiveMetadataAddress;
        try
        {
            var asked = clock.GetUtcNow();
            using var answer = await clients.CreateClient(Provider.HttpClientName).GetAsync(new Uri(address));
            if (Clock(answer, asked, clock.GetUtcNow()) is { } time) { findings.Add(time); }
            if (answer.StatusCode == HttpStatusCode.OK) { return true; }
            findings.Add(answer.StatusCode < HttpStatusCode.InternalServerError
                ? new(Discovery, Result.Mistake, $"{Authority}: {address} answers {(int)answer.StatusCode}.", "Set it to the provider's issuer URL, exactly as the provider names it.")
                : new(Discovery, Result.Unreachable, $"{Authority}: {address} answers {(int)answer.StatusCode}.", "Wait for the provider, or ask those who run it."));
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            findings.Add(new(Discovery, Result.Unreachable, $"{Authority}: {address} does not answer: {error.GetBaseException().Message}",
                "Is the address right and the provider up? Can this machine resolve the name and reach the port (DNS, firewall, proxy)?"));
        }

        return false;
    }

    private async Task<OpenIdConnectConfiguration?> ReadAsync(List<Finding> findings)
    {
        try
        {
            var metadata = await provider.GetConfigurationAsync(CancellationToken.None);
            findings.Add(new(Discovery, Result.Ok, metadata.Issuer));
            return metadata;
        }
        catch (ProviderUnavailableException error)
        {
            findings.Add(error.WasRead
                ? new(Discovery, Result.Mistake, $"{Authority}: {error.Message}", "Set it to the issuer the provider names, if that is the provider you mean.")
                : new(Discovery, Result.Unreachable, $"{Authority}: {error.Message}", "The provider's metadata or its keys (jwks_uri) cannot be had; ask those who run it."));
            return null;
        }
    }

    /// <summary>Tokens are judged by time, so the clocks must agree. <c>Date</c> is when the answer was made, <c>Age</c> how long a cache kept it (RFC 9111 section 5.1).</summary>
    private static Finding? Clock(HttpResponseMessage answer, DateTimeOffset asked, DateTimeOffset answered)
    {
        if (answer.Headers.Date is not { } theirs) { return null; }
        var ours = asked + ((answered - asked) / 2);
        var ahead = ours - (theirs + (answer.Headers.Age ?? TimeSpan.Zero));
        if (ahead.Duration() <= MostClockSkew) { return new("clock", Result.Ok, "agrees with the provider's"); }
        return new("clock", Result.Mistake, $"{Authority}: this machine's clock is about {ahead.Duration().TotalMinutes:0.#} min {(ahead > TimeSpan.Zero ? "ahead of" : "behind")} the provider's.",
            "Set the clock by NTP (chrony, systemd-timesyncd). A container has the clock of its host.");
    }

    /// <summary>A provider that lists its scopes without this one gives refresh tokens for another reason, or none at all.</summary>
    private Finding OfflineAccessOf(OpenIdConnectConfiguration metadata)
    {
        if (options.Value.Scopes.Contains(OfflineAccess)) { return new("scope", Result.Ok, options.Value.Scope); }
        var offered = metadata.ScopesSupported.Count == 0 || metadata.ScopesSupported.Contains(OfflineAccess);
        return new("scope", offered ? Result.Mistake : Result.Warning,
            $"Bff:Oidc:Scope: asks for no {OfflineAccess}, so there may be no refresh token and nothing to renew with in the background.",
            offered ? $"Add {OfflineAccess}." : "The provider does not offer it; see its documentation for how it gives refresh tokens.");
    }

    /// <summary>A refresh token that never existed: a provider that knows us says <c>invalid_grant</c>, and nothing has changed.</summary>
    private async Task<Finding> ClientAsync()
    {
        var now = clock.GetUtcNow();
        var made = new TokenSet("none", "bff-check-" + Guid.NewGuid().ToString("N"), null, null, now, now);
        return await tokenEndpoint.RefreshAsync(made, subject: "") switch
        {
            Rejected => new(Client, Result.Ok, $"the provider knows '{options.Value.ClientId}' and its secret"),
            Misconfigured { Error: "invalid_client" } => new(Client, Result.Mistake, $"Bff:Oidc:ClientSecret: the provider does not accept it for client '{options.Value.ClientId}' (invalid_client).",
                "Compare ClientId and ClientSecret with the client's registration there; the secret is sent in the form (client_secret_post)."),
            Misconfigured { Error: "unauthorized_client" or "unsupported_grant_type" } refusal => new(Client, Result.Mistake,
                $"Bff:Oidc:ClientId: the provider lets '{options.Value.ClientId}' use no refresh tokens ({refusal.Error}).", "Allow the refresh token grant in the client's registration there."),
            Misconfigured refusal => new(Client, Result.Warning, $"Bff:Oidc:ClientSecret: the provider answers {refusal.Error}, which does not tell whether the secret is right.", "Sign in once to be sure."),
            Refused refusal => new(Client, Result.Warning,
                $"Bff:Oidc:ClientSecret: the provider answers {refusal.Error}, which does not tell whether the secret is right.", "Sign in once to be sure."),
            Unavailable down => new(Client, Result.Unreachable, $"{Authority}: the provider's token endpoint does not answer as it should ({down.Reason}).", "Can this machine reach it? It may have another host than the issuer."),
            _ => new(Client, Result.Warning, "the provider gave tokens for a refresh token that does not exist.", "Ask those who run the provider."),
        };
    }
}
