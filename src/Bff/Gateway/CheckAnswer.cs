using System.Collections.Frozen;
using Bff.Forwarding;
using Bff.Providers.DPoP;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Model;

namespace Bff.Gateway;

/// <summary>
/// A step of YARP's pipeline, in the place of those that forward: the route's own transforms make the request that would go upstream, and what they added to it
/// is the response. Nothing is sent.
/// </summary>
internal sealed class CheckAnswer(RequestDelegate next, ProvenRequests proofs)
{
    /// <summary>For a cluster without an address; a name that leads nowhere (RFC 6761 section 6.4).</summary>
    private const string NoDestination = "http://gateway.invalid/";

    /// <summary>The request passed between the question that was refused and the one for the reason.</summary>
    private static readonly Problem TryAgain = new(
        StatusCodes.Status503ServiceUnavailable, "refused_meanwhile", "The request was refused, and would not be any longer.", "Send it again.",
        TimeSpan.FromSeconds(1));

    /// <summary>What the gateway says itself on its connection to the upstream, and what would be about this response.</summary>
    private static readonly FrozenSet<string> Withheld = new[]
    {
        HeaderNames.Cookie, HeaderNames.Host, "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix",
        HeaderNames.Connection, HeaderNames.KeepAlive, HeaderNames.TE, HeaderNames.Trailer, HeaderNames.TransferEncoding, HeaderNames.Upgrade,
        HeaderNames.Expect, HeaderNames.CacheControl, HeaderNames.SetCookie, HeaderNames.Location, HeaderNames.Vary, HeaderNames.Date, HeaderNames.Server,
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public Task InvokeAsync(HttpContext context) => AskedRequest.Of(context) is { } asked ? AnswerAsync(context, asked) : next(context);

    private async Task AnswerAsync(HttpContext context, AskedRequest asked)
    {
        var proxy = context.GetReverseProxyFeature();
        using var upstream = new HttpRequestMessage { Method = HttpMethod.Parse(context.Request.Method) };
        proxy.ProxiedDestination = DestinationOf(proxy);   // whose Host it may have
        var address = proxy.ProxiedDestination?.Model.Config.Address ?? NoDestination;
        await proxy.Route.Transformer.TransformRequestAsync(context, upstream, address, context.RequestAborted);
        if (context.Response.HasStarted || context.Response.StatusCode != StatusCodes.Status200OK) { return; }   // a transform has refused it
        if (asked.Explains)
        {
            await TryAgain.ExecuteAsync(context);
            return;
        }

        ProvenCalls.Prove(upstream, proofs);
        Answer(context, upstream);
        asked.MayPass = true;
    }

    /// <summary>Whose address a proof of the token's key names: the first by name, whichever the gateway chooses.</summary>
    private static DestinationState? DestinationOf(IReverseProxyFeature proxy) =>
        proxy.AllDestinations.MinBy(destination => destination.DestinationId, StringComparer.Ordinal);

    private static void Answer(HttpContext context, HttpRequestMessage upstream)
    {
        var headers = context.Response.Headers;

        // There also when empty: a gateway that copies only what it gets would leave in place what the browser sent.
        (headers.Authorization, headers[ProofHeaders.Proof]) = ("", "");
        foreach (var (name, values) in upstream.Headers.NonValidated)
        {
            if (!Withheld.Contains(name) && IsAdded(context.Request.Headers, name, values)) { headers[name] = Values(values); }
        }

        headers.CacheControl = "no-store";
        context.Response.ContentLength = 0;
    }

    /// <summary>Of the browser's own headers those are left that say nothing about who it is; the gateway has them.</summary>
    private static bool IsAdded(IHeaderDictionary sent, string name, System.Net.Http.Headers.HeaderStringValues values) =>
        UpstreamHeaders.IsForbidden(name) || !sent.TryGetValue(name, out var before) || before.ToString() != values.ToString();

    private static StringValues Values(System.Net.Http.Headers.HeaderStringValues values) => new([.. values]);
}
