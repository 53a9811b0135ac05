using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Bff.FrontEnds;
using Bff.Guard;
using Bff.Policies;
using Bff.Sessions.Authentication;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Transforms;

namespace Bff.Forwarding.Identity;

/// <summary>
/// Tells an API by a signed token who calls: for APIs that trust Bff and not the network, nor the provider. One is good for a minute, and sent for half of that,
/// so that not every call is signed.
/// </summary>
internal sealed class Assertions(AssertionKeys keys, IOptionsMonitor<IdentityHeaderOptions> options, IOptions<ProxyOptions> proxy, TimeProvider clock)
{
    /// <summary>Not an ID token, and not an access token (RFC 8725 section 3.11).</summary>
    private const string Type = "bff-assertion+jwt";

    private static readonly TimeSpan Life = AssertionKey.LifeOfAssertions;

    private readonly string _issuer = PublicAddress.Parse(proxy.Value.PublicUrl)?.ToString() ?? "";
    private readonly ConditionalWeakTable<object, ConcurrentDictionary<string, Signed>> _signed = [];

    private sealed record Signed(string Text, DateTimeOffset At, AssertionKey By, IdentityHeaderOptions Settings);

    /// <summary>To be applied after the caller's headers were cleaned.</summary>
    public ValueTask SendAsync(RequestTransformContext context, string audience)
    {
        var now = options.CurrentValue;
        context.ProxyRequest.Headers.Remove(now.Assertion);
        if (Of(context.HttpContext, now, audience) is { } text) { context.ProxyRequest.Headers.TryAddWithoutValidation(now.Assertion, text); }
        return default;
    }

    private string? Of(HttpContext context, IdentityHeaderOptions now, string audience)
    {
        if (context.Features.Get<TokenCaller>() is { } caller) { return Of(caller.User, caller.Provider, now, audience, caller.ValuesOf); }
        return context.FindSession() is { } session ? Of(session, session.Provider, now, audience, session.ClaimValues) : null;
    }

    private string? Of(object caller, string provider, IdentityHeaderOptions settings, string audience, Func<string, IEnumerable<string>> valuesOf)
    {
        var (now, key) = (clock.GetUtcNow(), keys.Current);
        var known = _signed.GetOrCreateValue(caller);   // one for each audience of a route: those are the configuration's
        if (known.TryGetValue(audience, out var signed) && signed.By == key && signed.Settings == settings && (now - signed.At).Duration() < Life / 2)
        {
            return signed.Text;
        }

        if (valuesOf(settings.UserClaim).FirstOrDefault() is not { Length: > 0 } subject) { return null; }
        var claims = Claims((subject, provider), audience, now, valuesOf(settings.EmailClaim).FirstOrDefault(), [.. valuesOf(settings.GroupsClaim)]);
        var text = Sign(key, claims);
        known[audience] = new(text, now, key, settings);
        return text;
    }

    private Dictionary<string, object> Claims((string Subject, string Provider) user, string audience, DateTimeOffset now, string? email, string[] groups)
    {
        var claims = new Dictionary<string, object>
        {
            ["iss"] = _issuer, ["sub"] = user.Subject, ["idp"] = user.Provider, ["aud"] = audience, ["jti"] = Guid.NewGuid().ToString("N"),
            ["iat"] = now.ToUnixTimeSeconds(), ["exp"] = (now + Life).ToUnixTimeSeconds(),
        };
        if (email is not null) { claims["email"] = email; }
        if (groups.Length > 0 && groups.Sum(group => group.Length) <= IdentityHeaders.MaxValue) { claims["groups"] = groups; }
        return claims;
    }

    private static string Sign(AssertionKey key, Dictionary<string, object> claims)
    {
        var header = $$"""{"alg":"ES256","typ":"{{Type}}","kid":"{{key.Id}}"}""";
        var signed = $"{Base64Url.EncodeToString(Encoding.ASCII.GetBytes(header))}.{Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(claims))}";
        return $"{signed}.{key.Sign(signed)}";
    }
}
