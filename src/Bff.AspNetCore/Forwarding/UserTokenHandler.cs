using Bff.Renewal;
using Bff.Sessions.Authentication;
using Microsoft.Net.Http.Headers;
using static Bff.Renewal.RenewalResult;

namespace Bff.Forwarding;

/// <summary>Puts the access token of the user whose request is being answered on a call of the program's own, as a route does: renewed first where needed.</summary>
internal sealed class UserTokenHandler(IHttpContextAccessor current, Renewer renewer) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var context = current.HttpContext
            ?? throw new InvalidOperationException("A client with the user's token can only be used while a request of that user is answered.");
        if (context.GetSession() is not { } session) { throw TokenMissingException.Of(await context.SignInRequiredAsync()); }
        var result = await renewer.GetUsableAsync(session, cancellationToken);
        if (result is not Usable usable) { throw TokenMissingException.Of(await RenewalProblems.OfCallAsync(context, session.Id, result)); }

        var tokens = usable.Session.Tokens!;
        request.Headers.Remove(HeaderNames.Authorization);
        request.Headers.TryAddWithoutValidation(HeaderNames.Authorization, tokens.Authorization);
        if (tokens.BoundKey is { } key) { ProvenCalls.Mark(request, key); }
        return await base.SendAsync(request, cancellationToken);
    }
}
