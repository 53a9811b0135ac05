using System.Globalization;
using System.Text.Json;
using Bff.Configuration;
using Bff.Providers;
using Bff.Sessions.Keys;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Bff.Sessions.Store.Redis;

/// <summary>
/// A session as a hash. Whoever writes sets the fields it knows and leaves the others, so that a node of an earlier version can renew what a later one has
/// written; only a record of a later major version cannot be used.
/// </summary>
internal sealed class SessionRecord(TokenProtector protector, IOptions<SessionClients> clients, TimeProvider clock)
{
    /// <summary>Raised when a record is such that a program of before does not survive it.</summary>
    public const string Major = "1";

    /// <summary>Of what this program writes.</summary>
    private const string Version = Major + ".0";

    private const string VersionField = "v", Sid = "sid", Subject = "sub", Client = "client", FrontEnd = "fe", Claims = "claims", Name = "name",
        ProviderSid = "psid", State = "state", CreatedAt = "created", EndsAt = "ends", AbsoluteEndsAt = "abs", Renewals = "ver", Tokens = "tok",
        TokenExpiresAt = "texp", DueAt = "due", NotBefore = "nb", Failures = "fails", LastError = "err", FailingSince = "since", Owner = "owner",
        LeaseUntil = "lease";

    /// <summary>In the order in which they are read. Those that say nothing are not there.</summary>
    public static readonly IReadOnlyList<string> Fields =
    [
        VersionField, Sid, Subject, Client, FrontEnd, Claims, Name, ProviderSid, State, CreatedAt, EndsAt, AbsoluteEndsAt, Renewals, Tokens, TokenExpiresAt,
        DueAt, NotBefore, Failures, LastError, FailingSince, Owner, LeaseUntil,
    ];

    public static readonly RedisValue[] FieldNames = [.. Fields.Select(field => (RedisValue)field)];

    /// <summary>What a glance needs of a session.</summary>
    public static readonly RedisValue[] GlanceNames = [Client, Renewals, Failures, EndsAt];

    /// <summary>The place of the tokens among <see cref="Fields"/>.</summary>
    private static readonly int SealedField = Fields.Index().First(field => field.Item == Tokens).Index;

    private static readonly int ClientField = Fields.Index().First(field => field.Item == Client).Index;

    /// <summary>Whose it is; null when it does not say.</summary>
    public static string? ClientOf(IReadOnlyList<RedisValue> fields) => fields[ClientField];

    /// <param name="id">Of the session.</param>
    /// <param name="fields">The values of <see cref="GlanceNames"/>.</param>
    /// <param name="ours">Clients.</param>
    /// <returns>Null when there is no such session of ours, or nobody here can make sense of it.</returns>
    public static SessionGlance? GlanceOf(SessionId id, RedisValue[] fields, IReadOnlyList<string> ours) =>
        ours.Contains((string?)fields[0]) && fields[1].TryParse(out long version) && fields[2].TryParse(out int failures)   // no field is 0
            && fields[3].TryParse(out long endsAt) && IsTime(endsAt)
            ? new(id, version, failures, DateTimeOffset.FromUnixTimeMilliseconds(endsAt)) : null;

    private static bool IsTime(long milliseconds) =>
        milliseconds >= DateTimeOffset.MinValue.ToUnixTimeMilliseconds() && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>Names and values of a new one.</summary>
    public IReadOnlyCollection<RedisValue> Write(Session session)
    {
        var record = new List<RedisValue>();
        Add(VersionField, Version);
        Add(Sid, session.Sid);
        Add(Subject, session.Subject);
        Add(Client, clients.Value.Of(session.Provider).Name);
        Add(FrontEnd, NameOf(session.FrontEnd) is { Length: > 0 } name ? name : RedisValue.Null);
        Add(Claims, JsonSerializer.Serialize(session.Claims));
        Add(Name, Folded(session.DisplayName));
        Add(ProviderSid, session.ClaimValue("sid"));
        Add(State, session.SessionState);
        Add(CreatedAt, session.CreatedAt.ToUnixTimeMilliseconds());
        Add(EndsAt, session.EndsAt.ToUnixTimeMilliseconds());
        Add(AbsoluteEndsAt, session.AbsoluteEndsAt.ToUnixTimeMilliseconds());
        Add(Renewals, session.Version);
        Add(Tokens, protector.Protect(session.Id, session.Tokens!));
        Add(TokenExpiresAt, session.Tokens!.ExpiresAt.ToUnixTimeMilliseconds());
        Add(DueAt, session.DueAt?.ToUnixTimeMilliseconds() ?? RedisValue.Null);
        return record;

        void Add(string field, RedisValue value)
        {
            if (!value.IsNull) { record.AddRange([field, value]); }
        }
    }

    /// <param name="id">Of the session.</param>
    /// <param name="fields">The values of <see cref="Fields"/>.</param>
    /// <param name="cancellationToken">Stops the wait for the key that its tokens were sealed with.</param>
    /// <returns>Null when nobody here can make sense of it.</returns>
    public async Task<Session?> ReadAsync(SessionId id, IReadOnlyList<RedisValue> fields, CancellationToken cancellationToken)
    {
        var sealedTokens = (byte[]?)fields[SealedField] ?? [];
        await protector.LearnKeyAsync(sealedTokens, cancellationToken);
        try
        {
            return Read(id, fields, sealedTokens);
        }
        catch (Exception error) when (error is InvalidCastException or ArgumentException or FormatException or OverflowException)
        {
            return null;
        }
    }

    /// <summary>The name of what has none is empty in the store.</summary>
    public static string NameOf(string name) => name == SettingsSection.Default ? "" : name;

    public static string NamedBy(string? field) => string.IsNullOrEmpty(field) ? SettingsSection.Default : field;

    /// <summary>As a name is searched for, whatever its case.</summary>
    public static string Folded(string name) => name.ToLowerInvariant();

    public static DateTimeOffset Time(RedisValue value) => DateTimeOffset.FromUnixTimeMilliseconds(Number(value));

    public static long Number(RedisValue value) => long.Parse((string)value!, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    public static SessionClaim[] ReadClaims(string? json)
    {
        try
        {
            return [.. (JsonSerializer.Deserialize<SessionClaim?[]>(json ?? "[]") ?? []).OfType<SessionClaim>()
                .Where(claim => claim.Type is not null && claim.Value is not null)];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private Session? Read(SessionId id, IReadOnlyList<RedisValue> values, byte[] sealedTokens)
    {
        if (((string?)Of(VersionField))?.Split('.')[0] != Major) { return null; }
        var failures = Of(Failures).IsNull ? 0 : (int)Number(Of(Failures));
        var (failingSince, session) = (failures == 0 ? null : TimeOrNull(FailingSince), new Session
        {
            Id = id,
            Sid = Text(Sid),
            Provider = clients.Value.Named(Text(Client)).Provider,
            FrontEnd = NamedBy(Of(FrontEnd)),
            Subject = Text(Subject),
            Claims = ReadClaims(Of(Claims)),
            SessionState = Of(State),
            CreatedAt = Time(Of(CreatedAt)),
            EndsAt = Time(Of(EndsAt)),
            AbsoluteEndsAt = Time(Of(AbsoluteEndsAt)),
            Version = Number(Of(Renewals)),
            Tokens = null,
            DueAt = TimeOrNull(DueAt),
            NotBefore = TimeOrNull(NotBefore) ?? DateTimeOffset.UnixEpoch,
            Failures = failures,
            LeaseUntil = TimeOrNull(LeaseUntil) ?? DateTimeOffset.UnixEpoch,
            LastError = Of(LastError),
        });

        // Last: what is damaged elsewhere is said of the record, not of its tokens.
        var tokens = protector.Unprotect(id, sealedTokens);
        return session with { Tokens = tokens, FailingSince = failingSince is { } since && IsOfBefore(since, tokens) ? null : failingSince };

        RedisValue Of(string field) => values[Places[field]];

        string Text(string field) => (string?)Of(field) ?? throw new FormatException();

        DateTimeOffset? TimeOrNull(string field) => Of(field) is { IsNull: false } value ? Time(value) : null;
    }

    private static readonly Dictionary<string, int> Places = Fields.Index().ToDictionary(field => field.Item, field => field.Index, StringComparer.Ordinal);

    private bool IsOfBefore(DateTimeOffset failingSince, TokenSet? tokens) => failingSince < tokens?.ObtainedAt && tokens.ObtainedAt <= clock.GetUtcNow();
}
