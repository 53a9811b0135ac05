namespace Bff.Guard;

/// <summary>Endpoint metadata: the response, instead of the problem, to a client that asks too often; a frame shows nobody a problem.</summary>
internal sealed record WhenTooMany(Func<HttpContext, IResult?> Response);
