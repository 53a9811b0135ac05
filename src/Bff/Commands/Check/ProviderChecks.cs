using System.Net;
using Bff.Guard;
using Bff.Providers;
using Bff.Providers.ClientAuthentication;
using Bff.Providers.DPoP;
using Bff.Providers.Named;
using Bff.Providers.TokenEndpoint;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Yarp.ReverseProxy.Configuration;

namespace Bff.Commands.Check;

/// <summary>The provider responds and is the configured one, supports what Bff needs, knows the client, and its clock agrees.</summary>
internal sealed class ProviderChecks(
    Provider provider, ProviderSet providers, FrontEndSignIns frontEnds, IEnumerable<IProxyConfigProvider> routes, IOptions<ProxyOptions> proxy,
    IHostEnvironment environment, TimeProvider clock)
{
    private const string Discovery = "provider";
    private const string Client = "client";
    private const string Pushed = "pushed request";

    private readonly OidcOptions _options = provider.Options;
    private readonly EndpointProofs _proofs = new(clock);
    private readonly ProofKey? _key = provider.Options.TokenType == TokenType.DPoP ? ProofKey.New() : null;

    private readonly IReadOnlyList<FrontEndSignIn> _signIns = frontEnds.At(provider);

    private string Section => provider.Registration.Section;

    private string Authority => Section + ":Authority";

    private static readonly TimeSpan MaxClockSkew = TimeSpan.FromSeconds(60);

    /// <summary>What an endpoint said to a client.</summary>
    /// <param name="Status">HTTP status; null when nothing came.</param>
    /// <param name="Error">The OAuth error (RFC 6749 section 5.2); the cause when nothing came.</param>
    private sealed record Reply(HttpStatusCode? Status, string? Error)
    {
        public bool IsSuccess => (int?)Status is >= 200 and < 300;

        public bool IsOutage => Status is null or >= HttpStatusCode.InternalServerError or HttpStatusCode.TooManyRequests;

        public override string ToString() => Status is { } status ? $"{(int)status}{(Error is null ? "" : " " + Error)}" : $"no response: {Error}";
    }

    public async Task<IReadOnlyList<Finding>> RunAsync()
    {
        var findings = new List<Finding> { Registration() };
        if (ProviderRemarks.ClearText(_options, Section, environment) is { } clearText)
        {
            findings.Add(
                new(
                    "clear text",
                    Result.Warning,
                    clearText,
                    "Use https, and let this machine trust the authority that issued the provider's certificate (SSL_CERT_FILE)."));
        }

        if (ProviderRemarks.AnyTenant(_options, Section) is { } open)
        {
            findings.Add(new("tenants", Result.Warning, open, $"Name the tenants in {Section}:Tenants if not all of them are meant."));
        }

        if (await ReachAsync(findings) && await ReadAsync(findings) is { } metadata)
        {
            if (ProviderRemarks.PublicClient(_options, Section) is { } publicClient)
            {
                findings.Add(new(Client, Result.Warning, publicClient, "Let the provider give the client a secret or take its key, if it can."));
            }
            findings.AddRange(new MetadataChecks(metadata, _options, Section, _signIns).Run());
            var all = routes.SelectMany(source => source.GetConfig().Routes);
            findings.AddRange(new GrantChecks(metadata, _options, provider.Name, isFirst: provider == providers.Default, all).Run());
            if (new UnusedMetadata(metadata, _options, Section).Explain() is { } unused) { findings.Add(unused); }
            if (_options.BackChannelLogout && _signIns is [var any, ..] && new AnnouncedMembers(metadata).IsTrue("backchannel_logout_supported"))
            {
                findings.Add(new(
                    "sign-out there", Result.Ok,
                    $"the provider signs users out here, too, once {Printable.Address(any.LoggedOutUri)} is the client's back-channel logout URI "
                    + "(backchannel_logout_uri); its servers must reach it"));
            }
            if (ProviderRemarks.OutOfReach(metadata, Section, proxy.Value.PublicUrl) is { } remark)
            {
                findings.Add(new(Discovery, Result.Warning, remark, ProviderRemarks.ReachCure(Section)));
            }
            findings.Add(await ClientAsync(metadata));
            var pushed = ProviderEndpoints.PushedAuthorization(metadata, _options);
            if (PushedRequests.Contradiction(metadata, _options) is { } contradiction)
            {
                findings.Add(new(Pushed, Result.Mistake, $"{Section}:PushedAuthorization: {contradiction}", "Set it to Auto, or change it there."));
            }
            else if (pushed is { Length: > 0 } endpoint && _options.PushedAuthorization != PushedAuthorizationUse.Never)
            {
                var different = _signIns.DistinctBy(signIn => (signIn.RedirectUri, signIn.Scope, signIn.Audience));
                findings.AddRange(await Task.WhenAll(different.Select(signIn => PushAsync(endpoint, metadata, signIn))));
            }
        }

        return [.. findings.Select(finding => finding with { Check = Finding.NameOf(provider.Registration, finding.Check) })];
    }

    /// <summary>What the client's registration at the provider needs to have.</summary>
    private Finding Registration()
    {
        const string check = "register";
        if (_signIns.Count == 0)
        {
            return new(check, Result.Warning, $"{Section}: no front end uses this provider, so nobody can sign in at it.",
                "Name it in Bff:Spa:Provider, or in Provider of a front end.");
        }

        var lines = _signIns.Select(
            signIn => $"redirect URI {signIn.RedirectUri}, post-logout redirect URI {signIn.SignedOutUri}{signIn.Whose}");
        return new(check, Result.Ok, string.Join('\n', frontEnds.IsGuessed ? lines.Append("Browsers elsewhere need Bff:PublicUrl.") : lines));
    }

    private async Task<bool> ReachAsync(List<Finding> findings)
    {
        var address = _options.EffectiveMetadataAddress;
        var shown = Printable.Address(address);
        try
        {
            var asked = clock.GetUtcNow();
            using var response = await provider.Registration.CreateHttpClient().GetAsync(new Uri(address));
            if (Clock(response, asked, clock.GetUtcNow()) is { } time) { findings.Add(time); }
            if (response.StatusCode is HttpStatusCode.OK or (>= HttpStatusCode.Moved and < HttpStatusCode.BadRequest)) { return true; }
            findings.Add(response.StatusCode < HttpStatusCode.InternalServerError
                ? new(Discovery, Result.Mistake, $"{Authority}: {shown} responds with {(int)response.StatusCode}.",
                    "Set it to the provider's issuer URL, exactly as the provider names it.")
                : new(Discovery, Result.Unreachable, $"{Authority}: {shown} responds with {(int)response.StatusCode}.",
                    "Wait for the provider, or ask its operators."));
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            findings.Add(new(Discovery, Result.Unreachable, $"{Authority}: {shown} does not respond: {error.GetBaseException().Message}",
                "Is the address right and the provider up? Can this machine resolve the name and reach the port (DNS, firewall, proxy)?"));
        }

        return false;
    }

    private async Task<OpenIdConnectConfiguration?> ReadAsync(List<Finding> findings)
    {
        try
        {
            var metadata = await provider.Metadata.GetConfigurationAsync(CancellationToken.None);
            findings.Add(new(Discovery, Result.Ok, metadata.Issuer));
            return metadata;
        }
        catch (ProviderUnavailableException error)
        {
            findings.Add(error.WasRead
                ? new(Discovery, Result.Mistake, $"{Authority}: {error.Message}",
                    error.Cure ?? "Set it to the issuer the provider names, if that is the provider you mean.")
                : new(Discovery, Result.Unreachable, $"{Authority}: {error.Message}",
                    "The provider's metadata or its keys (jwks_uri) cannot be fetched; ask its operators."));
            return null;
        }
    }

    /// <summary>
    /// Tokens are judged by time, so the clocks must agree. <c>Date</c> is when the response was made, <c>Age</c> how long a cache kept it (RFC 9111 section
    /// 5.1).
    /// </summary>
    private Finding? Clock(HttpResponseMessage response, DateTimeOffset asked, DateTimeOffset responded)
    {
        if (response.Headers.Date is not { } theirs) { return null; }
        var ours = asked + ((responded - asked) / 2);
        var ahead = ours - (theirs + (response.Headers.Age ?? TimeSpan.Zero));
        if (ahead.Duration() <= MaxClockSkew) { return new("clock", Result.Ok, "agrees with the provider's"); }
        var direction = ahead > TimeSpan.Zero ? "ahead of" : "behind";
        return new("clock", Result.Mistake, $"{Authority}: this machine's clock is about {ahead.Duration().TotalMinutes:0.#} min {direction} the provider's.",
            "Synchronize the clock by NTP (chrony, systemd-timesyncd). A container uses the clock of its host.");
    }

    /// <summary>
    /// A refresh token that never existed changes nothing at the provider. Its refusal proves our secret only where a wrong secret is refused in another way:
    /// some providers check the token first.
    /// </summary>
    private async Task<Finding> ClientAsync(OpenIdConnectConfiguration metadata)
    {
        var method = ClientMethods.Choose(_options, metadata.TokenEndpointAuthMethodsSupported);
        var credential = $"{Section}:{CredentialOf(method)}";
        var ours = await RefreshAsync(metadata, method);
        var id = _options.ClientId;
        if (ours.IsSuccess)
        {
            return new(Client, Result.Warning, "the provider issued tokens for a refresh token that does not exist.", "Ask the provider's operators.");
        }

        if (ours.IsOutage)
        {
            return new(Client, Result.Unreachable, $"{Authority}: the provider's token endpoint does not respond as it should ({ours}).",
                "Can this machine reach it? Its host may differ from the issuer's.");
        }

        switch (ours.Error)
        {
            case "invalid_client":
                return await RefusedAsync(metadata, method);
            case "unauthorized_client" or "unsupported_grant_type":
                return new(Client, Result.Mistake, $"{Section}:ClientId: the provider does not let '{id}' use refresh tokens ({ours.Error}).",
                    "Allow the refresh token grant in the client's registration there.");
            case "invalid_dpop_proof" or ProofHeaders.NonceWanted when _key is null:
                return new(Client, Result.Mistake,
                    $"{Section}:TokenType: the provider requires a DPoP proof (RFC 9449) from '{id}' ({ours.Error}).",
                    "Set it to DPoP, which the APIs must know, too; or allow bearer tokens in the client's registration there.");
            case "invalid_dpop_proof" or ProofHeaders.NonceWanted:
                return new(Client, Result.Mistake, $"{Section}:TokenType: the provider does not accept Bff's DPoP proof ({ours.Error}).",
                    "It must know ES256 and see its own address as Bff does; the clocks must agree.");
        }

        if (!ClientMethods.UsesSecret(method))
        {
            return ours.Error == "invalid_grant"
                ? new(Client, Result.Ok, $"the provider takes '{id}' ({Names(method)})")
                : new(Client, Result.Warning, $"{credential}: not proven. The provider responds with {ours}.", "Sign in once to be sure.");
        }

        var wrong = await RefreshAsync(metadata, method, "bff-check-" + Guid.NewGuid().ToString("N"));
        return ours.Error == "invalid_grant" && wrong.Error is not null && wrong.Error != ours.Error
            ? new(Client, Result.Ok, $"the provider knows '{id}' and its secret")
            : new(Client, Result.Warning, $"{credential}: not proven. The provider responds with {ours} to this secret, and with {wrong} to a "
                + "wrong one.",
                "Sign in once to be sure.");
    }

    /// <summary>Some providers take of each client the method of its registration only, whatever they announce.</summary>
    private async Task<Finding> RefusedAsync(OpenIdConnectConfiguration metadata, ClientAuthenticationMethod method)
    {
        var (key, id) = ($"{Section}:{CredentialOf(method)}", _options.ClientId);
        if (_options.ClientAuthentication == ClientAuthenticationMethod.Auto && ClientMethods.UsesSecret(method))
        {
            var other = method == ClientAuthenticationMethod.ClientSecretBasic
                ? ClientAuthenticationMethod.ClientSecretPost : ClientAuthenticationMethod.ClientSecretBasic;
            if ((await RefreshAsync(metadata, other)).Error == "invalid_grant")
            {
                return new(Client, Result.Mistake,
                    $"{Section}:ClientAuthentication: the provider does not accept '{id}' by {Names(method)}, but by {Names(other)}.", $"Set it to {other}.");
            }
        }

        return new(Client, Result.Mistake, $"{key}: the provider does not accept it for client '{id}' (invalid_client).",
            $"Compare ClientId and {CredentialOf(method)} with the client's registration there; Bff authenticates by {Names(method)} "
            + "(ClientAuthentication).");
    }

    private string CredentialOf(ClientAuthenticationMethod method) => method switch
    {
        ClientAuthenticationMethod.PrivateKeyJwt => nameof(OidcOptions.ClientKey),
        ClientAuthenticationMethod.TlsClientAuth => nameof(OidcOptions.ClientCertificate),
        ClientAuthenticationMethod.None => nameof(OidcOptions.ClientId),
        _ => _options.ClientSecretFromKey.IsInUse ? nameof(OidcOptions.ClientSecretFromKey) : nameof(OidcOptions.ClientSecret),
    };

    private static string Names(ClientAuthenticationMethod method) => string.Join(" or ", ClientMethods.NamesOf(method));

    private Task<Reply> RefreshAsync(OpenIdConnectConfiguration metadata, ClientAuthenticationMethod method, string? secret = null) => PostAsync(
        ProviderEndpoints.Token(metadata, _options),
        () => provider.Authenticator.Prove(metadata, method, secret),
        new(_options.TokenParameters) { ["grant_type"] = "refresh_token", ["refresh_token"] = "bff-check-" + Guid.NewGuid().ToString("N") });

    /// <summary>One pushed authorization request (RFC 9126), as a sign-in makes it, that nobody follows. It expires by itself.</summary>
    private async Task<Finding> PushAsync(string endpoint, OpenIdConnectConfiguration metadata, FrontEndSignIn signIn)
    {
        var request = new Dictionary<string, string>(_options.AuthorizationParameters)
        {
            ["client_id"] = _options.ClientId,
            ["response_type"] = "code",
            ["response_mode"] = _options.ResponseMode,
            ["redirect_uri"] = signIn.RedirectUri,
            ["scope"] = signIn.Scope,
            ["state"] = "bff-check",
            ["nonce"] = "bff-check",
            ["code_challenge"] = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",   // the example of RFC 7636 appendix B
            ["code_challenge_method"] = "S256",
        };
        if (_key is not null) { request[ProviderParameters.KeyThumbprint] = _key.Thumbprint; }
        if (signIn.Audience is { Length: > 0 } audience) { request[_options.AudienceParameter] = audience; }
        var shown = Printable.Address(signIn.RedirectUri) + signIn.Whose;
        var reply = await PostAsync(endpoint, () => provider.Authenticator.Prove(metadata), request);
        if (reply.IsSuccess) { return new(Pushed, Result.Ok, $"accepted, with {shown}"); }
        if (reply.IsOutage)
        {
            return new(Pushed, Result.Unreachable, $"{Authority}: the provider's pushed_authorization_request_endpoint does not respond as it should "
                + $"({reply}).",
                "Sign-ins go through it. Can this machine reach it?");
        }

        if (PushedRequests.MayGoPlainly((int)reply.Status!, reply.Error ?? "", metadata, _options))
        {
            return new(Pushed, Result.Warning, $"{Section}:PushedAuthorization: the provider takes no pushed requests from '{_options.ClientId}' ({reply}); "
                + "sign-ins go without.",
                "Allow them in the client's registration there, or set it to Never.");
        }

        return new(Pushed, frontEnds.IsGuessed ? Result.Warning : Result.Mistake,
            $"{Authority}: the provider refuses a sign-in of '{_options.ClientId}' with {shown} and '{signIn.Scope}' ({reply}).",
            "Compare redirect URI, scopes and audience with the client's registration there."
            + (frontEnds.IsGuessed ? " The check guessed the redirect URI; it is the one browsers see when Bff:PublicUrl is set." : ""));
    }

    private async Task<Reply> PostAsync(string endpoint, Func<ClientProof> prove, Dictionary<string, string> form, string? challenge = null)
    {
        try
        {
            using var request = prove().Post(endpoint, form);
            var sent = _proofs.Prove(request, endpoint, _key, challenge);
            using var response = await provider.Registration.CreateHttpClient().SendAsync(request);
            var asked = await _proofs.ChallengeAsync(endpoint, response, _key, sent);
            if (asked is not null && challenge is null) { return await PostAsync(endpoint, prove, form, asked); }

            var body = await TokenEndpointBody.ReadAsync(response);
            var unreadable = body.Has("error") ? ErrorWords.Unknown : null;
            return new(response.StatusCode, body.Text("error") is { } word ? ErrorWords.Printable(word) : unreadable);
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            return new(null, error.GetBaseException().Message);
        }
    }
}
