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
            StatusCodes.Status403Forbidden => "Your access token is valid, but it does not carry the scope, or it is a user's at an endpoint for machines.",
            StatusCodes.Status404NotFound => "There is nothing here.",
            StatusCodes.Status503ServiceUnavailable => "Your access token cannot be checked right now: the provider does not answer.",
            _ => "That did not work.",
        }), context.HttpContext.RequestAborted);
    }
}
