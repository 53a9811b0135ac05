namespace Bff.Forwarding;

/// <summary>Puts our client's own token on a call of the program's own, as a route does. No user is needed, and no request.</summary>
internal sealed class ClientTokenHandler(RouteTokens tokens) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var token = await tokens.OfClientAsync(cancellationToken);
        if (token.Problem is { } problem) { throw TokenMissingException.Of(problem); }
        token.PutOn(request);
        return await base.SendAsync(request, cancellationToken);
    }
}
