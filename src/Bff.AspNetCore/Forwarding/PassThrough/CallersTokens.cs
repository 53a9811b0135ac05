using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Bff.FrontEnds;
using Bff.Guard;
using Bff.Policies;
using Bff.Providers;
using Bff.Providers.DPoP;
using Bff.Providers.Metadata;
using Bff.Providers.Named;
using Bff.Renewal;
using Bff.Sessions.Store;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Bff.Forwarding.PassThrough;

/// <summary>Decides whether the token that a caller brought is good on a route (RFC 6750, RFC 9068, RFC 9449).</summary>
internal sealed class CallersTokens(
    ProviderSet providers, FrontEndSet frontEnds, KnownTokens known, WrongTokenLimit limit, ISessionStore store, IOptionsMonitor<PassThroughOptions> options,
    TimeProvider clock)
{
    /// <summary>Of a token, in characters.</summary>
    public const int MaxLength = 16 * 1024;

    /// <summary>Nobody waits longer for a provider's keys.</summary>
    private static readonly TimeSpan KeyFetchLimit = TimeSpan.FromSeconds(5);

    /// <summary>A node whose clock is ahead must not forget a proof while it is good to another.</summary>
    private static readonly TimeSpan RememberLonger = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, AccessTokenValidator> _validators = providers.All.ToDictionary(
        provider => provider.Name, provider => new AccessTokenValidator(provider.Registration, provider.Metadata, provider.IdTokens, clock),
        StringComparer.Ordinal);

    /// <param name="context">The request.</param>
    /// <param name="route">Where it goes.</param>
    /// <param name="scheme"><see cref="TokenChallenge.Bearer"/> or <see cref="TokenChallenge.Bound"/>.</param>
    /// <param name="text">The token.</param>
    /// <returns>The caller, or why they do not pass.</returns>
    public async ValueTask<(TokenCaller? Caller, Problem? Problem)> JudgeAsync(HttpContext context, TakesTokens route, string scheme, string text)
    {
        var place = route.Provider is { } one ? new TokenPlace(one, IsProvider: true) : new TokenPlace(frontEnds.Of(context).Name, IsProvider: false);
        var (token, problem) = known.Find(text, place) is { } found && IsAllowed(context, route, found.Provider)
            ? (found, null) : await ValidateAsync(context, route, text, place);
        if (token is not null) { problem = Objection(route, token, scheme); }
        if (token is not null && problem is null && token.KeyThumbprint is { } key) { problem = await ObjectionToProofAsync(context, token, key, text); }
        if (problem is null) { return (new(scheme, token!.User, token.Provider, token.EndsAt), null); }
        if (problem.Status == StatusCodes.Status401Unauthorized) { limit.Count(context); }
        return (null, problem);
    }

    private async Task<(AccessToken? Token, Problem? Problem)> ValidateAsync(
        HttpContext context, TakesTokens route, string text, TokenPlace place)
    {
        if (text.Length > MaxLength) { return (null, TokenProblems.Wrong("The access token is too long.")); }
        if (limit.IsSpent(context) is { } wait) { return (null, RateLimits.TooMany(wait)); }
        if (Read(text) is not { } read) { return (null, TokenProblems.Wrong("The access token is no signed JWT.")); }
        var (provider, validator) = _validators.FirstOrDefault(one => one.Value.IsIssuer(read.Issuer) && IsAllowed(context, route, one.Key));
        if (validator is null) { return (null, TokenProblems.OtherIssuer); }

        try
        {
            using var patience = new CancellationTokenSource(KeyFetchLimit, clock);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, patience.Token);
            var token = await validator.ValidateAsync(read, both.Token);
            known.Keep(text, place, token);
            return (token, null);
        }
        catch (TokenRefusedException refused)
        {
            return (null, TokenProblems.Wrong(refused.Message));
        }
        catch (Exception error) when (error is ProviderUnavailableException or OperationCanceledException && !context.RequestAborted.IsCancellationRequested)
        {
            // With keys at hand this was about another one, as a wrong token may name any.
            if (providers[provider].Metadata.Known is not null) { limit.Count(context); }
            return (null, RenewalProblems.ProviderUnavailable(RetryAfter) with { Detail = "Nobody can say now whether the token is good; try again shortly." });
        }
    }

    private Problem? Objection(TakesTokens route, AccessToken token, string scheme)
    {
        if (!IsFor(token, route)) { return TokenProblems.Wrong("The access token is for another audience."); }
        if (token.IsBoundElsewhere)
        {
            return TokenProblems.Wrong("The access token is bound to a client certificate, or to something else that cannot be shown through this proxy.");
        }

        return (scheme == TokenChallenge.Bound, token.KeyThumbprint is not null) switch
        {
            (true, false) => TokenProblems.Wrong("The access token is not bound to a key. Send it as Bearer."),
            (false, true) => TokenProblems.Wrong("The access token is bound to a key. Send it as DPoP, with a proof."),
            _ => null,
        };
    }

    private bool IsAllowed(HttpContext context, TakesTokens route, string provider) =>
        route.Provider is { } one ? one == provider : frontEnds.Of(context).Providers.Contains(provider, StringComparer.Ordinal);

    private bool IsFor(AccessToken token, TakesTokens route)
    {
        if (route.Audience is { } audience) { return token.IsFor(audience); }
        foreach (var one in options.CurrentValue.Audiences)
        {
            if (token.IsFor(one)) { return true; }
        }

        return false;
    }

    /// <summary>The store is asked last: nobody writes to it who has not proven everything else.</summary>
    private async Task<Problem?> ObjectionToProofAsync(HttpContext context, AccessToken token, string key, string text)
    {
        var request = context.Request;
        if (request.Headers[ProofHeaders.Proof] is not [{ Length: > 0 } shown]) { return TokenProblems.NoProof; }
        var use = new PresentedProof.Use(request.Method, AddressOf(request), text, clock.GetUtcNow(), token.ClockTolerance);
        var (proof, objection) = PresentedProof.Read(shown, use);
        if (proof is null) { return TokenProblems.WrongProof($"The proof {objection}."); }
        if (proof.Thumbprint != key) { return TokenProblems.Wrong("The access token is bound to another key than that of the proof."); }
        var id = "dpop:" + Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($"{proof.Thumbprint}\n{proof.Id}")));
        var forgetAt = proof.IssuedAt + PresentedProof.MaxAge + token.ClockTolerance + RememberLonger;
        return await store.UseOnceAsync(id, forgetAt, context.RequestAborted) ? null : TokenProblems.WrongProof("The proof was used before.");
    }

    /// <summary>As the caller has it: the host is ours, whatever proxy stands in front.</summary>
    private static Uri AddressOf(HttpRequest request) =>
        new($"{request.Scheme}://{request.Host.ToUriComponent()}{(request.PathBase + request.Path).ToUriComponent()}", UriKind.Absolute);

    private static JsonWebToken? Read(string text)
    {
        try
        {
            return text.Count(c => c == '.') == 2 ? new JsonWebToken(text) : null;
        }
        catch (Exception error) when (error is ArgumentException or FormatException or System.Text.Json.JsonException)
        {
            return null;
        }
    }
}
