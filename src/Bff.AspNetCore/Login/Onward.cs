namespace Bff.Login;

/// <summary>Where a browser goes that has brought an authorization response.</summary>
internal static class Onward
{
    /// <summary>
    /// A redirect after a form that another site's page posted would bring no <c>SameSite=Strict</c> cookie along, so a page of our own leads on. A frame may
    /// show none of our pages; it is redirected by 303, which makes a GET of it.
    /// </summary>
    /// <param name="context">The callback.</param>
    /// <param name="url">Where to.</param>
    /// <param name="isFramed">The sign-in is a silent one.</param>
    public static Task GoAsync(HttpContext context, string url, bool isFramed)
    {
        if (HttpMethods.IsPost(context.Request.Method) && !isFramed) { return new ContinuePage(url).ExecuteAsync(context); }
        context.Response.Redirect(url);
        if (HttpMethods.IsPost(context.Request.Method)) { context.Response.StatusCode = StatusCodes.Status303SeeOther; }
        return Task.CompletedTask;
    }
}
