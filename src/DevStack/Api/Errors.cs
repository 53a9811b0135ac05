using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Diagnostics;

namespace DevStack.Api;

/// <summary>Errors have a <c>message</c> too.</summary>
internal static class Errors
{
    public static Task DescribeAsync(StatusCodeContext context)
    {
        var response = context.HttpContext.Response;
        return response.WriteAsJsonAsync(new Answer(response.StatusCode switch
        {
            StatusCodes.Status401Unauthorized => "This endpoint needs a valid access token, and there was none.",
            StatusCodes.Status403Forbidden => context.HttpContext.GetEndpoint()?.Metadata.GetMetadata<IAuthorizeData>()?.Policy switch
            {
                TokenValidation.Machine => "Your access token is valid, but it is a user's, and this endpoint is for machines.",
                var scope => $"Your access token is valid, but it does not carry the scope {scope}.",
            },
            StatusCodes.Status404NotFound => "There is nothing here.",
            StatusCodes.Status503ServiceUnavailable => "Your access token cannot be checked right now: the provider does not answer.",
            _ => "That did not work.",
        }), context.HttpContext.RequestAborted);
    }
}
