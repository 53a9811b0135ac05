namespace Bff.Gateway;

/// <summary>On a request that a gateway asks about, while it takes its way through the pipeline as if its browser had sent it here.</summary>
/// <param name="explains">Why it is refused is asked for, and no token.</param>
internal sealed class AskedRequest(bool explains)
{
    public bool Explains => explains;

    /// <summary>It may be forwarded, and the response says with what. Nothing else of status 2xx leaves the gateway's port.</summary>
    public bool MayPass { get; set; }

    /// <returns>Null for a request that is here itself.</returns>
    public static AskedRequest? Of(HttpContext context) => context.Features.Get<AskedRequest>();
}
