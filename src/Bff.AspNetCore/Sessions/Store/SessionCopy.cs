using System.Buffers.Binary;
using System.Text;
using Bff.Configuration;
using Bff.Providers;

namespace Bff.Sessions.Store;

/// <summary>
/// A session as a node keeps it: one array of bytes, a quarter of what the objects take, and one thing for the garbage collector to visit instead of thirty.
/// Refresh and ID token are not in it: they are needed only by who reads the store for them.
/// </summary>
internal sealed class SessionCopy
{
    private const int TimeSize = sizeof(long);
    private const long NoTime = -1;

    private readonly byte[] _packed;
    private readonly SessionGlance _glance;
    private Session? _unpacked;
    private long _readAtTicks;

    /// <param name="session">With tokens.</param>
    /// <param name="readAt">When it was read.</param>
    /// <param name="epoch">Counts the times when changes may have gone unnoticed.</param>
    public SessionCopy(Session session, DateTimeOffset readAt, int epoch) =>
        (_glance, _readAtTicks, Epoch, _packed) =
            (new(session.Id, session.Version, session.Failures, session.EndsAt), readAt.UtcTicks, epoch, Pack(session));

    public SessionId Id => _glance.Id;

    public long ReadAtTicks => Volatile.Read(ref _readAtTicks);

    public int Epoch { get; }

    /// <summary>Null unless it was used of late.</summary>
    public Session? Unpacked => Volatile.Read(ref _unpacked);

    public Session Unpack()
    {
        var session = Read(Id, _packed);
        Volatile.Write(ref _unpacked, session);
        return session;
    }

    /// <returns>False when the session has changed since; else it is as if it was read at that time.</returns>
    public bool TryConfirm(SessionGlance now, DateTimeOffset at)
    {
        if (now != _glance) { return false; }
        Volatile.Write(ref _readAtTicks, at.UtcTicks);
        return true;
    }

    /// <summary>Whether a renewal made this of just what is here: one version on, with the same end.</summary>
    public bool IsBefore(Session next) => _glance.Version == next.Version - 1 && _glance.EndsAt == next.EndsAt;

    /// <summary>Its bytes are enough from now on.</summary>
    public void Fold() => Volatile.Write(ref _unpacked, null);

    /// <summary>Prints nothing of what it holds.</summary>
    public override string ToString() => $"copy of session {Id}";

    private static byte[] Pack(Session session)
    {
        var tokens = session.Tokens!;
        using var stream = new MemoryStream(2048);
        using var writer = new BinaryWriter(stream);
        foreach (var time in new[] { session.CreatedAt, session.EndsAt, session.AbsoluteEndsAt, session.NotBefore, session.LeaseUntil,
            tokens.ObtainedAt, tokens.ExpiresAt })
        {
            writer.Write(time.UtcTicks);
        }

        foreach (var time in new[] { session.DueAt, session.FailingSince, tokens.RefreshTokenExpiresAt }) { writer.Write(time?.UtcTicks ?? NoTime); }
        writer.Write(session.Version);
        writer.Write(tokens.HasRefreshToken);
        writer.Write(session.Failures);
        foreach (var text in new[] { session.Sid, session.Subject, session.SessionState, session.LastError, tokens.Scope, tokens.Authorization,
            Short(session.Provider), Short(session.FrontEnd), tokens.ProofKey, tokens.Acr ?? tokens.SignInAcr })
        {
            Write(writer, text);
        }

        Write(writer, tokens.ApiTokens ?? []);
        writer.Write7BitEncodedInt(session.Claims.Count);
        foreach (var (type, value, valueType) in session.Claims)
        {
            Write(writer, type);
            Write(writer, value);
            Write(writer, valueType);
        }

        return stream.ToArray();
    }

    private static void Write(BinaryWriter writer, IReadOnlyList<ApiToken> tokens)
    {
        writer.Write7BitEncodedInt(tokens.Count);
        foreach (var token in tokens)
        {
            foreach (var time in new[] { token.ObtainedAt, token.ExpiresAt, token.UsedAt, token.FailedAt }) { writer.Write(time.UtcTicks); }
            writer.Write(token.Target.IsExchanged);
            writer.Write(token.Count);
            writer.Write(token.Failures);
            writer.Write((int)token.Fault);
            foreach (var text in new[] { token.Target.Audience, token.Target.Resource, token.Target.Scope, token.Authorization, token.Error })
            {
                Write(writer, text);
            }
        }
    }

    private static ApiToken[]? ReadApiTokens(ref Reader reader)
    {
        var count = reader.Length();
        if (count == 0) { return null; }
        var tokens = new ApiToken[count];
        for (var place = 0; place < count; place++)
        {
            var (obtainedAt, expiresAt, usedAt, failedAt) = (reader.Time(), reader.Time(), reader.Time(), reader.Time());
            var (isExchanged, number, failures, fault) = (reader.Boolean(), reader.Int32(), reader.Int32(), (ApiTokenFault)reader.Int32());
            var target = new ApiTarget(reader.Text(), reader.Text(), reader.Text(), isExchanged);
            tokens[place] = new(target, reader.Text()!, obtainedAt, expiresAt, usedAt, number)
            {
                Error = reader.Text(), Failures = failures, Fault = fault, FailedAt = failedAt,
            };
        }

        return tokens;
    }

    private static string? Short(string name) => name == SettingsSection.Default ? null : name;

    /// <summary>Its length and one, or 0 for null; then UTF-8.</summary>
    private static void Write(BinaryWriter writer, string? text)
    {
        if (text is null)
        {
            writer.Write7BitEncodedInt(0);
            return;
        }

        writer.Write7BitEncodedInt(Encoding.UTF8.GetByteCount(text) + 1);
        writer.Write(Encoding.UTF8.GetBytes(text));
    }

    private static Session Read(SessionId id, byte[] packed)
    {
        var reader = new Reader(packed);
        var (createdAt, endsAt, absoluteEndsAt, notBefore, leaseUntil) = (reader.Time(), reader.Time(), reader.Time(), reader.Time(), reader.Time());
        var (obtainedAt, expiresAt) = (reader.Time(), reader.Time());
        var (dueAt, failingSince, refreshTokenExpiresAt) = (reader.TimeOrNull(), reader.TimeOrNull(), reader.TimeOrNull());
        var (version, hasRefreshToken, failures) = (reader.Int64(), reader.Boolean(), reader.Int32());
        var (sid, subject, sessionState, lastError) = (reader.Text()!, reader.Text()!, reader.Text(), reader.Text());
        var (scope, authorization, provider, frontEnd, proofKey) = (reader.Text(), reader.Text()!, reader.Text(), reader.Text(), reader.Text());
        var acr = reader.Text();
        var apiTokens = ReadApiTokens(ref reader);
        return new Session
        {
            Id = id, Sid = sid, Provider = provider ?? SettingsSection.Default, FrontEnd = frontEnd ?? SettingsSection.Default,
            Subject = subject, SessionState = sessionState,
            Claims = new PackedClaims(packed, reader.At),
            CreatedAt = createdAt, EndsAt = endsAt, AbsoluteEndsAt = absoluteEndsAt, Version = version, DueAt = dueAt, Failures = failures,
            FailingSince = failingSince, LastError = lastError, NotBefore = notBefore, LeaseUntil = leaseUntil,
            Tokens = TokenSet.ForCalls(authorization, hasRefreshToken, scope, obtainedAt, expiresAt, refreshTokenExpiresAt, proofKey, apiTokens) with
            {
                Acr = acr,
            },
        };
    }

    private ref struct Reader(ReadOnlySpan<byte> packed, int at = 0)
    {
        private readonly ReadOnlySpan<byte> _packed = packed;

        public int At { get; private set; } = at;

        public DateTimeOffset Time() => new(Int64(), TimeSpan.Zero);

        public DateTimeOffset? TimeOrNull() => Int64() is >= 0 and var ticks ? new(ticks, TimeSpan.Zero) : null;

        public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Next(TimeSize));

        public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Next(sizeof(int)));

        public bool Boolean() => Next(1)[0] != 0;

        public int Length()
        {
            for (int length = 0, shift = 0; ; shift += 7)
            {
                var part = Next(1)[0];
                length |= (part & 0x7f) << shift;
                if (part < 0x80) { return length; }
            }
        }

        public string? Text() => Length() is > 0 and var length ? Encoding.UTF8.GetString(Next(length - 1)) : null;

        private ReadOnlySpan<byte> Next(int length)
        {
            var next = _packed.Slice(At, length);
            At += length;
            return next;
        }
    }

    /// <summary>Claims that are read when somebody asks for them: a forwarded call does not.</summary>
    private sealed class PackedClaims(byte[] packed, int at) : IReadOnlyList<SessionClaim>
    {
        private SessionClaim[]? _read;

        public int Count => All.Length;

        public SessionClaim this[int index] => All[index];

        public IEnumerator<SessionClaim> GetEnumerator() => All.AsEnumerable().GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();

        private SessionClaim[] All => _read ??= Read();

        private SessionClaim[] Read()
        {
            var reader = new Reader(packed, at);
            var claims = new SessionClaim[reader.Length()];
            for (var number = 0; number < claims.Length; number++) { claims[number] = new(reader.Text()!, reader.Text()!, reader.Text()); }
            return claims;
        }
    }
}
