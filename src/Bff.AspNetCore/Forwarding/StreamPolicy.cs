namespace Bff.Forwarding;

/// <summary>What one route says of connections that stay: WebSockets, event streams, and gRPC where it has a <see cref="ActivityTimeout"/> of its own.</summary>
/// <param name="ActivityTimeout">How long one may be quiet; null for the cluster's or the configuration's.</param>
/// <param name="CountsAsUse">Null where nothing is said.</param>
/// <param name="EndsWithToken">Each ends with the access token it began with.</param>
/// <param name="MaxConnections">Open at once through this node; null for no limit but the configuration's.</param>
/// <param name="MaxPerSession">Of one session, or of one address without a session; null as above.</param>
internal sealed record StreamPolicy(
    TimeSpan? ActivityTimeout = null, UseOfSession? CountsAsUse = null, bool EndsWithToken = false, int? MaxConnections = null, int? MaxPerSession = null)
{
    public const string ActivityTimeoutKey = "Bff.StreamActivityTimeout", CountsAsUseKey = "Bff.CountsAsUse", EndsWithTokenKey = "Bff.EndsWithToken",
        MaxConnectionsKey = "Bff.MaxConnections", MaxPerSessionKey = "Bff.MaxConnectionsPerSession";

    /// <summary>Of a route that says nothing.</summary>
    public static readonly StreamPolicy Default = new();

    private static readonly TimeSpan MinActivityTimeout = TimeSpan.FromSeconds(1), MaxActivityTimeout = TimeSpan.FromDays(1);

    public static readonly string[] Keys = [ActivityTimeoutKey, CountsAsUseKey, EndsWithTokenKey, MaxConnectionsKey, MaxPerSessionKey];

    public static StreamPolicy Of(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<StreamPolicy>() ?? Default;

    /// <exception cref="FormatException">A value is wrong.</exception>
    public static StreamPolicy Read(IReadOnlyDictionary<string, string>? metadata) => new(
        ReadActivityTimeout(metadata), ReadCountsAsUse(metadata), ReadEndsWithToken(metadata), ReadMaxConnections(metadata), ReadMaxPerSession(metadata));

    /// <summary>All that is wrong, with the key of each.</summary>
    public static IEnumerable<(string Key, string Mistake)> MistakesIn(IReadOnlyDictionary<string, string>? metadata, bool usesSession)
    {
        foreach (var (key, read) in new (string, Action)[]
        {
            (ActivityTimeoutKey, () => ReadActivityTimeout(metadata)), (CountsAsUseKey, () => ReadCountsAsUse(metadata)),
            (EndsWithTokenKey, () => ReadEndsWithToken(metadata)), (MaxConnectionsKey, () => ReadMaxConnections(metadata)),
            (MaxPerSessionKey, () => ReadMaxPerSession(metadata)),
        })
        {
            if (RouteMetadata.MistakeOf(read) is { } mistake) { yield return (key, mistake); }
        }

        foreach (var key in new[] { CountsAsUseKey, EndsWithTokenKey }.Where(key => !usesSession && metadata?.ContainsKey(key) == true))
        {
            yield return (key, "has no effect on a route that uses no session: it has no Bff.Token and no AuthorizationPolicy but 'anonymous'.");
        }
    }

    private static TimeSpan? ReadActivityTimeout(IReadOnlyDictionary<string, string>? metadata) =>
        RouteMetadata.Duration(metadata, ActivityTimeoutKey, MinActivityTimeout, MaxActivityTimeout);

    private static UseOfSession? ReadCountsAsUse(IReadOnlyDictionary<string, string>? metadata) =>
        RouteMetadata.Word<UseOfSession>(metadata, CountsAsUseKey);

    private static bool ReadEndsWithToken(IReadOnlyDictionary<string, string>? metadata) => RouteMetadata.Flag(metadata, EndsWithTokenKey);

    private static int? ReadMaxConnections(IReadOnlyDictionary<string, string>? metadata) =>
        RouteMetadata.Number(metadata, MaxConnectionsKey, 1, ForwardingOptions.CeilingOfConnections);

    private static int? ReadMaxPerSession(IReadOnlyDictionary<string, string>? metadata) =>
        RouteMetadata.Number(metadata, MaxPerSessionKey, 1, ForwardingOptions.CeilingPerCaller);
}
