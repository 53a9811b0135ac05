namespace Bff.Forwarding;

/// <summary>Puts the access token of the user whose request is being answered on a call of the program's own, as a route does: renewed first where needed.</summary>
internal sealed class UserTokenHandler(RouteTokens tokens, IHttpContextAccessor current) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var context = current.HttpContext
            ?? throw new InvalidOperationException("A client with the user's token can only be used while a request of that user is answered.");
        var token = await tokens.FindAsync(context, cancellationToken);
        if (token.Problem is { } problem) { throw TokenMissingException.Of(problem); }
        token.PutOn(request);
        return await base.SendAsync(request, cancellationToken);
    }
}
