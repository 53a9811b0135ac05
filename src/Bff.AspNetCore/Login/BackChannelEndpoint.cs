using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Bff.Guard;
using Bff.Providers;
using Bff.Providers.Metadata;
using Bff.Providers.Named;
using Bff.Sessions;
using Bff.Sessions.Store;
using Microsoft.AspNetCore.Http.Features;

namespace Bff.Login;

/// <summary>
/// <c>POST /bff/backchannel</c>: a provider's server says whom it has signed out (OpenID Connect Back-Channel Logout 1.0). What proves it is the token alone,
/// so neither cookie nor header is asked for. The response says whether it counts, the log and the metrics why not.
/// </summary>
internal sealed class BackChannelEndpoint(
    ProviderSet providers, ISessionStore store, LogoutTokenLimit limit, LogoutMetrics metrics, Audit audit, TimeProvider clock,
    ILogger<BackChannelEndpoint> logger)
{
    public const string Path = "/bff/backchannel";

    private const string Parameter = "logout_token", Form = "application/x-www-form-urlencoded";

    /// <summary>Others may come with it, and mean nothing.</summary>
    private const int MaxFields = 16;

    /// <summary>Nobody waits longer for keys than a provider waits for a response.</summary>
    private static readonly TimeSpan KeyFetchLimit = TimeSpan.FromSeconds(5);

    /// <summary>A node whose clock is ahead must not forget a token while it is good to another.</summary>
    private static readonly TimeSpan RememberLonger = TimeSpan.FromMinutes(10);

    private readonly RefusalLog _refusals = new(logger, clock);

    public async Task HandleAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        var (text, refusal) = await ReadAsync(context);
        if (text is null) { await RefuseAsync(context, provider: null, refusal!, isDecrypted: false); }
        else { await HandleAsync(context, text); }
    }

    private async Task HandleAsync(HttpContext context, string text)
    {
        // Others may have spent it who come from the same address: what costs nothing, or a key that is known decides, is looked at all the same.
        var wait = limit.IsSpent(context);
        var isDecrypted = IsEncrypted(text) && providers.All.Any(one => one.LogoutTokens.CanOpen);
        if (wait is not null && isDecrypted)
        {
            await TurnAwayAsync(context, provider: null, wait.Value);
            return;
        }

        var (provider, token, wasEncrypted, refusal) = Choose(text);
        if (token is null || provider is null)
        {
            await RefuseAsync(context, provider: null, refusal!, isDecrypted);
            return;
        }

        try
        {
            using var patience = new CancellationTokenSource(KeyFetchLimit, clock);
            refusal = provider.Options.BackChannelLogout
                ? await provider.LogoutTokens.ValidateAsync(token, wasEncrypted, mayFetch: wait is null, patience.Token)
                : new(LogoutRefusal.Off, $"{provider.Registration.Section}:BackChannelLogout is off.");
            if (refusal?.Word == LogoutRefusal.Keys) { throw new ProviderUnavailableException(refusal.Why); }
            if (refusal is null && await LogOutAsync(provider, token) is null) { refusal = new(LogoutRefusal.Replay, "The logout token was used before."); }
        }
        catch (Exception error) when (error is ProviderUnavailableException or OperationCanceledException or SessionStoreException)
        {
            if (error is SessionStoreException) { await PutOffAsync(context, provider, LogoutMetrics.StoreUnavailable); }
            else if (wait is not null) { await TurnAwayAsync(context, provider, wait.Value); }
            else
            {
                limit.Count(context);   // whoever makes us wait for keys costs more than whoever is refused
                await PutOffAsync(context, provider, LogoutMetrics.ProviderUnavailable);
            }

            return;
        }

        if (refusal is null) { metrics.Came(provider.Name, LogoutMetrics.Accepted); }
        else { await RefuseAsync(context, provider, refusal, isDecrypted); }
    }

    /// <returns>The one parameter, or why there is none.</returns>
    private static async Task<(string? Text, LogoutRefusal? Refusal)> ReadAsync(HttpContext context)
    {
        var request = context.Request;
        if (!IsForm(request)) { return Refused("The request has no form."); }
        if (BodyLimit.IsExceeded(context)) { return Refused("The request's body is too large."); }
        try
        {
            var limits = new FormOptions { BufferBodyLengthLimit = BodyLimit.Bytes, ValueCountLimit = MaxFields, ValueLengthLimit = BodyLimit.Bytes };
            context.Features.Set<IFormFeature>(new FormFeature(request, limits));
            var form = await request.ReadFormAsync(context.RequestAborted);
            return form[Parameter] switch
            {
                [{ Length: > 0 } one] => (one, null),
                { Count: > 1 } => Refused("The request has more than one logout token."),
                _ => Refused("The request has no logout token."),
            };
        }
        catch (Exception error) when (error is BadHttpRequestException or InvalidDataException or IOException)
        {
            return Refused("The request's form is too large, or cannot be read.");
        }

        static (string?, LogoutRefusal?) Refused(string why) => (null, new(LogoutRefusal.Request, why));
    }

    private static bool IsForm(HttpRequest request) =>
        request.ContentType?.Split(';')[0].Trim().Equals(Form, StringComparison.OrdinalIgnoreCase) == true && request.HasFormContentType;

    /// <summary>The provider whose client the token is for: only its keys may have signed it.</summary>
    private (Provider? Provider, LogoutToken? Token, bool WasEncrypted, LogoutRefusal? Refusal) Choose(string text)
    {
        var (all, wasEncrypted) = (providers.All, IsEncrypted(text));
        if (wasEncrypted)
        {
            var opened = providers.All.Select(provider => (Provider: provider, Text: provider.LogoutTokens.Open(text))).ToList();
            opened.RemoveAll(one => one.Text is null);
            if (opened.Count == 0) { return Refused(new(LogoutRefusal.Encryption, "The logout token is encrypted, and no IdTokenDecryptionKey opens it.")); }
            (all, text) = ([.. opened.Select(one => one.Provider)], opened[0].Text!);
        }

        var (token, refusal) = LogoutToken.Read(text);
        if (token is null) { return Refused(refusal!); }
        var ofIssuer = all.Where(provider => token.Issuer is { } issuer && provider.LogoutTokens.IsIssuer(issuer)).ToList();
        if (ofIssuer.Count == 0) { return Refused(new(LogoutRefusal.Issuer, "The logout token is of an issuer that is none of the configured ones.")); }
        var ofClient = ofIssuer.Where(provider => token.Audiences.Contains(provider.Options.ClientId, StringComparer.Ordinal)).ToList();
        if (ofClient.Count == 0) { return Refused(new(LogoutRefusal.Audience, "The logout token is for a client that is none of ours.")); }
        return (ofClient.Find(provider => provider.Options.ClientId == token.AuthorizedParty) ?? ofClient[0], token, wasEncrypted, null);

        static (Provider?, LogoutToken?, bool, LogoutRefusal?) Refused(LogoutRefusal refusal) => (null, null, false, refusal);
    }

    /// <summary>RFC 7516 section 9: by the number of its parts.</summary>
    private static bool IsEncrypted(string text) => text.Count(c => c == '.') == 4;

    /// <returns>Null when the token was used before.</returns>
    private async Task<IReadOnlyList<EndedSession>?> LogOutAsync(Provider provider, LogoutToken token)
    {
        var id = Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($"{token.Issuer}\n{token.Id}")));
        var logout = new ProviderLogout(provider.Name, id, provider.LogoutTokens.EndOf(token) + RememberLonger)
        {
            Subject = token.Subject, Sid = token.Sid, Tenant = provider.LogoutTokens.TenantOf(token),
            IssuedAt = LogoutTokenValidator.IssuedAt(token), IssuedBy = provider.LogoutTokens.IssuedBy(token),
        };
        var ended = await store.LogOutAsync(logout, CancellationToken.None);   // who hangs up has said it all the same
        if (ended is not null) { audit.LoggedOutByProvider(token.Subject, token.Sid is not null, ended.Count, provider.Name); }
        return ended;
    }

    private async Task RefuseAsync(HttpContext context, Provider? provider, LogoutRefusal refusal, bool isDecrypted)
    {
        // A provider whose response was lost sends the same again: that was signed by it, and is no attack.
        var isRepeated = refusal.Word == LogoutRefusal.Replay;
        if (refusal.Word == LogoutRefusal.Signature || (isDecrypted && !isRepeated)) { limit.Count(context); }
        if (!isRepeated) { audit.LogoutRefused(refusal.Word, provider?.Name); }
        metrics.Came(provider?.Name, refusal.Word);
        _refusals.Refused(context, refusal.Word, refusal.Why);

        // Section 2.8; a description would help nobody but who tries.
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        context.Items[Problem.CodeItem] = "invalid_request";
        await context.Response.WriteAsJsonAsync(new { error = "invalid_request" }, OwnJson.Options);
    }

    private Task TurnAwayAsync(HttpContext context, Provider? provider, TimeSpan wait)
    {
        metrics.Came(provider?.Name, RateLimits.Code);
        context.RequestServices.GetRequiredService<Refusals>().Count(context, RateLimits.Code);
        return RateLimits.TooMany(wait).ExecuteAsync(context);
    }

    /// <summary>It is neither right nor wrong: whoever sends it again is heard, since it is not used up.</summary>
    private Task PutOffAsync(HttpContext context, Provider provider, string outcome)
    {
        metrics.Came(provider.Name, outcome);
        _refusals.Refused(context, outcome);
        return LoginProblems.LogoutNotPossible.ExecuteAsync(context);
    }
}
