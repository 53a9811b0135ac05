namespace Bff.Guard;

/// <summary>What is thrown in endpoints of the program around us is its own business, unless it is a problem of ours: that one has its response.</summary>
internal sealed class ProblemResponses(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (Exception error) when (!context.Response.HasStarted && ProblemException.In(error) is { } problem)
        {
            context.Response.Clear();
            await problem.Response.ExecuteAsync(context);
        }
    }
}
