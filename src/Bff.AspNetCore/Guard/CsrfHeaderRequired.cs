namespace Bff.Guard;

/// <summary>Endpoint metadata: a browser may come here by script only, with the <c>X-CSRF: 1</c> header and from our own or an allowed origin.</summary>
internal sealed class CsrfHeaderRequired
{
    public const string Name = "X-CSRF";
    public const string Value = "1";
}
