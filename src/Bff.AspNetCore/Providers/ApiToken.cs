using System.Text.Json.Serialization;
using Bff.Providers.DPoP;

namespace Bff.Providers;

/// <summary>
/// What a session has of one API beside the token of its sign-in: an access token, or why there is none. Kept in the <see cref="TokenSet"/>, sealed with it.
/// </summary>
/// <param name="Target">What it is for.</param>
/// <param name="Authorization">As a header has it; empty when there is no token.</param>
/// <param name="ObtainedAt">When it was asked for.</param>
/// <param name="ExpiresAt">When it expires.</param>
/// <param name="UsedAt">When a call last used it, as far as the store was told; not to the minute.</param>
/// <param name="Count">The number of tokens that there were for the API in this session, this one included.</param>
internal sealed record ApiToken(
    ApiTarget Target, string Authorization, DateTimeOffset ObtainedAt, DateTimeOffset ExpiresAt, DateTimeOffset UsedAt, int Count = 1)
{
    private const string Bound = ProofHeaders.Proof + " ";

    /// <summary>Why the last try to get one failed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ApiTokenFault Fault { get; init; }

    /// <summary>The provider's word for it, or one of ours.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Error { get; init; }

    /// <summary>Failures in a row.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Failures { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public DateTimeOffset FailedAt { get; init; }

    [JsonIgnore]
    public bool HasToken => Authorization.Length > 0;

    /// <summary>It is sent with a proof of the session's key.</summary>
    [JsonIgnore]
    public bool IsBound => Authorization.StartsWith(Bound, StringComparison.Ordinal);

    [JsonIgnore]
    public TimeSpan Lifetime => ExpiresAt - ObtainedAt;

    [JsonIgnore]
    public string AccessToken => Authorization[(Authorization.IndexOf(' ', StringComparison.Ordinal) + 1)..];

    /// <summary>What there is when the first try failed.</summary>
    public static ApiToken None(ApiTarget target, DateTimeOffset now) => new(target, "", now, now, now, Count: 0);

    public ApiToken Failed(ApiTokenFault fault, string error, DateTimeOffset now) =>
        this with { Fault = fault, Error = error, Failures = Failures + 1, FailedAt = now };

    /// <summary>A record prints its members; this must never reach a log.</summary>
    public override string ToString() => $"token for {Target.Name} expiring {ExpiresAt:O}";
}
