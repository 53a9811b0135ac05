using System.Net;

namespace Bff.Forwarding;

/// <summary>A call was not made, since there is no token for it. Where nobody catches it, the caller gets the response that a route would have given.</summary>
internal sealed class TokenMissingException(Problem response) : ProblemException(response, response.Title)
{
    /// <summary>As the program expects it of a client: with a status, and the reason within.</summary>
    public static HttpRequestException Of(Problem response) =>
        new($"The call was not made: {response.Title}", new TokenMissingException(response), (HttpStatusCode)response.Status);
}
