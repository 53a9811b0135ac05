using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Model;

namespace Bff.Guard;

/// <summary>
/// What is not forwarded needs no body, or a small one: nobody makes us hold more. A route's body is passed on as it comes, within the limits of Kestrel.
/// </summary>
internal static class BodyLimit
{
    public const int Bytes = 64 * 1024;

    public static readonly Problem TooLarge = new(
        StatusCodes.Status413PayloadTooLarge, "body_too_large", "The body of this request is too large for this address.");

    /// <summary>After routing.</summary>
    /// <param name="app">The pipeline.</param>
    /// <param name="isWholeProgram">Else endpoints that are not ours have limits of their own.</param>
    public static IApplicationBuilder UseBodyLimit(this IApplicationBuilder app, bool isWholeProgram = true) => app.Use((context, next) =>
    {
        var metadata = context.GetEndpoint()?.Metadata;
        if (metadata?.GetMetadata<RouteModel>() is not null || !(isWholeProgram || OwnPaths.Has(context.Request.Path))) { return next(context); }
        var isTooLarge = IsExceeded(context) && metadata?.GetMetadata<RefusesLargeBodies>() is null;
        return isTooLarge ? TooLarge.ExecuteAsync(context) : next(context);
    });

    /// <summary>Whether the body is said to be too large; one that only turns out to be is cut off where somebody reads it.</summary>
    public static bool IsExceeded(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) { limit.MaxRequestBodySize = Bytes; }
        return context.Request.ContentLength > Bytes;
    }
}
