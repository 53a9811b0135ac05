using System.Buffers;
using System.Net;
using Bff.Guard;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Bff.Gateway;

/// <summary>
/// The request that a gateway asks about, as its headers say. They have one set of names, and each has to be there once: a header that somebody took out on the
/// way, or added, makes a question about another request.
/// </summary>
internal sealed record OriginalRequest(string Method, string Scheme, HostString Host, OriginalTarget Target, IPAddress? Client)
{
    private const string ForwardedMethod = "X-Forwarded-Method", ForwardedUri = "X-Forwarded-Uri", ForwardedProto = "X-Forwarded-Proto",
        ForwardedHost = "X-Forwarded-Host", ForwardedFor = "X-Forwarded-For", ForwardedPrefix = "X-Forwarded-Prefix";

    private static readonly string[] Names = [ForwardedMethod, ForwardedUri, ForwardedProto, ForwardedHost, ForwardedFor, ForwardedPrefix];

    private const int MaxMethod = 32;

    private static readonly SearchValues<char> MethodCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.!~*0123456789");

    /// <param name="request">The gateway's own.</param>
    /// <param name="below">
    /// The target where the gateway writes it behind the path of the endpoint (Envoy), with method and host as they were; null where all is in headers.
    /// </param>
    /// <param name="maxTarget">In characters.</param>
    public static (OriginalRequest? Original, Problem? Problem) Read(HttpRequest request, string? below, int maxTarget)
    {
        var headers = request.Headers;
        if (below is not null && (headers.ContainsKey(ForwardedMethod) || headers.ContainsKey(ForwardedUri)))
        {
            return Unreadable($"It is below the path already, so {ForwardedMethod} and {ForwardedUri} must not be sent, nor let through.");
        }

        if ((below is null ? One(headers, ForwardedMethod) : request.Method) is not { Length: > 0 and <= MaxMethod } method
            || method.AsSpan().ContainsAnyExcept(MethodCharacters) || HttpMethods.IsConnect(method))
        {
            return Unreadable($"{ForwardedMethod} must be there once, with a method.");
        }

        if ((below ?? One(headers, ForwardedUri)) is not { Length: > 0 } target) { return Unreadable($"{ForwardedUri} must be there once, with a path."); }
        if (target.Length > maxTarget) { return (null, TooLong); }
        if (One(headers, ForwardedProto) is not ("http" or "https")) { return Unreadable($"{ForwardedProto} must be there once, with http or https."); }
        var host = below is null ? One(headers, ForwardedHost) : request.Host.Value;
        if (host is not { Length: > 0 } || host.Any(c => c is <= ' ' or > '~' or ',')) { return Unreadable($"{ForwardedHost} must be there once, a host."); }
        return OriginalTarget.Parse(target) is { } parsed
            ? (new(method, headers[ForwardedProto].ToString(), new HostString(host), parsed, LastOf(headers[ForwardedFor])), null)
            : (null, OneMeaning.Ambiguous);
    }

    /// <summary>Makes the gateway's request the one it asks about.</summary>
    public void ApplyTo(HttpContext context)
    {
        var request = context.Request;
        foreach (var name in Names) { request.Headers.Remove(name); }
        (request.Method, request.Scheme, request.Host) = (Method, Scheme, Host);
        (request.PathBase, request.Path, request.QueryString) = (PathString.Empty, Target.Path, Target.Query);
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = Target.Raw;
        if (Client is not null) { context.Connection.RemoteIpAddress = Client; }
    }

    private static readonly Problem TooLong =
        new(StatusCodes.Status414UriTooLong, "address_too_long", "The address of the request is longer than this server takes.");

    private static (OriginalRequest? Original, Problem Problem) Unreadable(string detail) =>
        (null, new(StatusCodes.Status400BadRequest, "gateway_request_unreadable", "The gateway does not say which request it asks about.", detail));

    private static string? One(IHeaderDictionary headers, string name) => headers[name] is { Count: 1 } one ? one.ToString() : null;

    /// <summary>The last one is what the gateway itself saw; those before it were told to it.</summary>
    private static IPAddress? LastOf(StringValues addresses)
    {
        var last = addresses.ToString().Split(',')[^1].Trim();
        return IPEndPoint.TryParse(last, out var address) ? address.Address : null;
    }
}
