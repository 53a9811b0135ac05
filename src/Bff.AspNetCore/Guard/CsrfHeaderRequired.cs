namespace Bff.Guard;

/// <summary>
/// Endpoint metadata: a browser may come here by script only, with the <c>X-CSRF: 1</c> header and from our own or an allowed origin; or in the ways of a
/// <see cref="CsrfMode"/> that needs no script.
/// </summary>
internal sealed class CsrfHeaderRequired(CsrfMode mode = CsrfMode.Header)
{
    public const string Name = "X-CSRF";
    public const string Value = "1";

    public CsrfMode Mode => mode;

    public static bool IsOn(HttpRequest request) => request.Headers[Name] == Value;
}
