namespace Bff.Ops;

/// <summary>
/// A listener that is not public. Each connection it accepts is marked with it, and the mark decides what can be reached: what a request says about itself,
/// such as its <c>Host</c> header, counts for nothing.
/// </summary>
/// <param name="Endpoint">Its name among Kestrel's endpoints: <c>Kestrel:Endpoints:Ops</c> may say more about it, such as its certificate.</param>
/// <param name="Url">Where it listens; asked for before the configuration is checked.</param>
/// <param name="ClientAuthority">In PEM, those whose client certificates count; null or empty for none. Asked for when it begins to listen.</param>
internal sealed record PrivateListener(string Endpoint, Func<string> Url, Func<IServiceProvider, string?> ClientAuthority)
{
    /// <returns>Null at a public port.</returns>
    public static PrivateListener? Of(HttpContext context) => context.Features.Get<PrivateListener>();
}
