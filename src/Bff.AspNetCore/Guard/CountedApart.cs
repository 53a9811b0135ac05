namespace Bff.Guard;

/// <summary>
/// Endpoint metadata: requests that any page can make a browser send and that are refused anyway. They have a budget of their own, so that no foreign page uses
/// up its visitor's, or that of everybody behind the visitor's address.
/// </summary>
internal sealed record CountedApart(Func<HttpContext, bool> IsApart);
