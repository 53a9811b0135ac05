using System.Runtime.CompilerServices;
using Bff.Policies;
using Bff.Sessions.Authentication;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Transforms;

namespace Bff.Forwarding.Identity;

/// <summary>Says to an API who calls, in headers that nobody else may send. They are written once for each version of a session, and for each token.</summary>
internal sealed partial class IdentityHeaders(IOptionsMonitor<IdentityHeaderOptions> options, TimeProvider clock, ILogger<IdentityHeaders> logger)
{
    /// <summary>Of one header, in characters; a longer one is left out whole, since a part of somebody's groups is none of a truth.</summary>
    public const int MaxValue = 4096;

    private readonly ConditionalWeakTable<object, Written> _written = [];
    private readonly LineBudget _lines = new(MaxLines, clock);

    private const int MaxLines = 10;

    /// <param name="By">The settings they were written by.</param>
    /// <param name="Headers">Names and values.</param>
    private sealed record Written(IdentityHeaderOptions By, (string Name, string Value)[] Headers);

    /// <summary>To be applied after the caller's headers were cleaned.</summary>
    public ValueTask SendAsync(RequestTransformContext context)
    {
        var headers = context.ProxyRequest.Headers;
        var now = options.CurrentValue;
        foreach (var name in now.Names) { headers.Remove(name); }   // a transform of the route may have set it
        foreach (var (name, value) in Of(context.HttpContext, now)) { headers.TryAddWithoutValidation(name, value); }
        return default;
    }

    private (string Name, string Value)[] Of(HttpContext context, IdentityHeaderOptions now)
    {
        if (context.Features.Get<TokenCaller>() is { } caller) { return Of(caller.User, caller.Provider, now, caller.ValuesOf); }
        return context.FindSession() is { } session ? Of(session, session.Provider, now, session.ClaimValues) : [];
    }

    private (string Name, string Value)[] Of(object caller, string provider, IdentityHeaderOptions now, Func<string, IEnumerable<string>> valuesOf)
    {
        if (_written.TryGetValue(caller, out var known) && known.By == now) { return known.Headers; }
        (string Name, string Value)[] all =
        [
            (now.User, HeaderText.Of(valuesOf(now.UserClaim).FirstOrDefault() ?? "")),
            (now.Provider, HeaderText.Of(provider)),
            (now.Email, HeaderText.Of(valuesOf(now.EmailClaim).FirstOrDefault() ?? "")),
            (now.Groups, HeaderText.OfList(valuesOf(now.GroupsClaim))),
        ];
        var headers = all.Where(header => header.Name.Length > 0 && header.Value.Length is > 0 and <= MaxValue).ToArray();
        foreach (var (name, value) in all.Where(header => header.Name.Length > 0 && header.Value.Length > MaxValue))
        {
            if (_lines.Take().IsWithin) { TooLong(name, value.Length, MaxValue); }
        }

        _written.AddOrUpdate(caller, new(now, headers));
        return headers;
    }

    [LoggerMessage(LogLevel.Warning,
        "The header {Header} of a user was left out: it would have {Length} characters, and {Limit} are the limit. Have the provider send fewer groups, or set "
        + "Bff:IdentityHeaders:GroupsClaim to a claim with fewer.")]
    private partial void TooLong(string header, int length, int limit);
}
