using System.Security.Claims;
using System.Text.Encodings.Web;
using Bff.Configuration;
using Bff.FrontEnds;
using Bff.Providers;
using Bff.Sessions.Store;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Bff.Sessions.Authentication;

/// <summary>Turns the opaque cookie into a session and a sign-in into a new one, on the framework's own contract.</summary>
internal sealed partial class SessionAuthenticationHandler(
    IOptionsMonitor<SessionAuthenticationOptions> options,
    UrlEncoder encoder,
    ISessionStore store,
    SessionCache cache,
    SessionCookie cookie,
    SessionReader reader,
    FrontEndSet frontEnds,
    ClaimsEnrichers enrichers,
    IOptionsMonitor<SessionsOptions> sessions,
    ILogger<SessionAuthenticationHandler> logger)
    : SignInAuthenticationHandler<SessionAuthenticationOptions>(options, NullLoggerFactory.Instance, encoder)   // the base class would log every 401 as news
{
    private DateTimeOffset Now => TimeProvider.GetUtcNow();

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync() =>
        await reader.ReadAsync(Context) is { } session ? SessionTicket.Of(session) : AuthenticateResult.NoResult();

    protected override async Task HandleSignInAsync(ClaimsPrincipal user, AuthenticationProperties? properties)
    {
        ArgumentNullException.ThrowIfNull(properties);
        var (now, frontEnd) = (Now, frontEnds.Of(Context));
        var (key, id) = SessionKey.New();
        var tokenSet = TokenSet.ReadFrom(properties, now, Options.AssumedLifetime());
        var session = new Session
        {
            Id = id,
            Sid = SessionKey.New().Key,
            Provider = properties.Items.TryGetValue(SessionAuthentication.Provider, out var provider) && provider is not null
                ? provider : SettingsSection.Default,
            FrontEnd = frontEnd.Name,
            Subject = user.FindFirst("sub")?.Value ?? throw new InvalidOperationException("A sign-in brought no sub claim."),
            Claims = [.. user.Claims.Select(SessionClaim.Of)],
            SessionState = properties.Items.TryGetValue(SessionStateKey, out var state) ? state : null,
            CreatedAt = now,
            SignInBegunAt = SessionAuthentication.ReadBegunAt(properties),
            AbsoluteEndsAt = now + frontEnd.AbsoluteTimeout,
            EndsAt = now + frontEnd.IdleTimeout,
            Tokens = tokenSet,
            DueAt = Options.FirstDueAt(id, tokenSet),
        };
        await AddAsync(await enrichers.AtSignInAsync(session), [.. ReplacedBy(properties)], LimitOf(properties));
        cookie.Write(Context, key, session.AbsoluteEndsAt);
        Started(id, tokenSet.ExpiresAt, session.DueAt);
    }

    /// <summary>A planted or left-over key must not live on beside the new one (session fixation).</summary>
    private IEnumerable<SessionId> ReplacedBy(AuthenticationProperties properties)
    {
        if (cookie.TryRead(Request, frontEnds.Of(Context), out var brought)) { yield return brought; }
        if (properties.Items.TryGetValue(SessionAuthentication.Replaces, out var known) && known is { Length: > 0 } && known != brought.Value)
        {
            yield return new SessionId(known);
        }
    }

    /// <summary>Nobody sees a silent sign-in, so it ends no session of another browser: where there is no room it fails, and the user signs in.</summary>
    private SessionLimit? LimitOf(AuthenticationProperties properties) =>
        sessions.CurrentValue.LimitPerUser is { } limit && properties.Items.ContainsKey(SessionAuthentication.Silent)
            ? limit with { WhenTooMany = TooManySessions.RefuseNewest } : sessions.CurrentValue.LimitPerUser;

    private async Task AddAsync(Session session, IReadOnlyCollection<SessionId> replaced, SessionLimit? limit)
    {
        try
        {
            if (await store.AddAsync(session, replaced, limit, CancellationToken.None) is null) { throw new TooManySessionsException(); }
        }
        catch (SessionStoreException error) when (error.IsDamage && replaced.Count > 0)
        {
            // Most likely what it was to replace: nobody can read that, and its user needs a new one.
            if (await store.AddAsync(session, [], limit, CancellationToken.None) is null) { throw new TooManySessionsException(); }
            foreach (var id in replaced) { NotReplaced(id); }
        }
    }

    protected override async Task HandleSignOutAsync(AuthenticationProperties? properties)
    {
        if (cookie.TryRead(Request, frontEnds.Of(Context), out var id)) { await SignOutAsync(id); }
        cookie.Delete(Context);
    }

    private async Task SignOutAsync(SessionId id)
    {
        try
        {
            await store.RemoveAsync(id, version: null, EndReasons.SignedOut, CancellationToken.None);
        }
        catch (SessionStoreException)
        {
            cache.Forget(id);   // here at least it counts at once
            throw;
        }
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var problem = Context.Features.Get<SessionUnknown>() is null ? await Context.SignInRequiredAsync() : SessionStoreException.Problem;
        await problem.ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        new Problem(StatusCodes.Status403Forbidden, "forbidden", "You are signed in, but you are not allowed to do this.").ExecuteAsync(Context);

    // OpenID Connect Session Management 1.0; the key under which the framework's handler leaves it.
    private const string SessionStateKey = ".sessionState";

    [LoggerMessage(LogLevel.Information, "Session {Session} started; its access token expires {ExpiresAt:u}, renewal is due {DueAt:u}.")]
    private partial void Started(SessionId session, DateTimeOffset expiresAt, DateTimeOffset? dueAt);

    [LoggerMessage(LogLevel.Warning, "Session {Session} is damaged and could not be deleted; a new sign-in has taken its place.")]
    private partial void NotReplaced(SessionId session);
}
