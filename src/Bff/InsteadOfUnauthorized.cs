namespace Bff;

/// <summary>
/// On a request of somebody who is better led on than told that they are not signed in: what to do in place of a problem with 401. It is taken off the request
/// before it is done.
/// </summary>
internal sealed record InsteadOfUnauthorized(Func<HttpContext, Problem, Task> RespondAsync);
