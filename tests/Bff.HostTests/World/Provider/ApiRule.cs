using System.Collections.Concurrent;

namespace Bff.HostTests;

/// <summary>Access tokens for the APIs that a token request names (<c>audience</c> or <c>resource</c>), and of the client itself. Others are refused.</summary>
internal sealed class ApiRule(params string[] audiences)
{
    private readonly ConcurrentDictionary<string, TimeSpan> _lifetimes = new();

    /// <summary>What is refused, and with which error.</summary>
    public ConcurrentDictionary<string, string> Refused { get; } = new();

    /// <summary>Each request that named one, or was the client's own, in order.</summary>
    public ConcurrentQueue<ApiRequest> Requests { get; } = new();

    /// <summary>Those of one.</summary>
    public int CountOf(string audience) => Requests.Count(request => request.Audience == audience);

    public TimeSpan LifetimeOf(string audience, TimeSpan usual) => _lifetimes.GetValueOrDefault(audience, usual);

    public void SetLifetime(string audience, TimeSpan lifetime) => _lifetimes[audience] = lifetime;

    /// <returns>The error; null for an audience that is known.</returns>
    public string? ErrorOf(string audience) =>
        Refused.TryGetValue(audience, out var error) ? error : audiences.Contains(audience) ? null : "invalid_target";
}

/// <param name="Grant">The <c>grant_type</c>; of an exchange its last word.</param>
/// <param name="Audience">Which API.</param>
/// <param name="Scope">As it was asked for.</param>
/// <param name="Subject">Whose token came of it; null for none.</param>
/// <param name="At">When.</param>
internal sealed record ApiRequest(string Grant, string Audience, string? Scope, string? Subject, DateTimeOffset At);
