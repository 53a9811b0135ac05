using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using Bff.Providers;
using Bff.Sessions;
using Bff.Sessions.Store;

namespace Bff.Simulation;

/// <summary>
/// What a store keeps of a session for its renewals, and what the provider does, in arrays of some bytes each; what is due is in a list for each millisecond.
/// Every member is one atomic step, as one statement is. Ids are made of numbers, so that none is kept.
/// </summary>
internal sealed class SessionTable
{
    private const int None = -1;

    private static readonly TimeSpan Far = TimeSpan.FromDays(365);
    private static readonly IReadOnlyList<SessionClaim> NoClaims = [];

    private readonly Lock _lock = new();
    private readonly DateTimeOffset _start;
    private readonly TimeSpan _life;

    /// <summary>In milliseconds since <see cref="_start"/>, which tokens of before the start were obtained before.</summary>
    private readonly int[] _obtainedAt, _dueAt, _leaseUntil;
    private readonly ulong[] _owner;
    private readonly ushort[] _version, _generation, _issued;

    /// <summary>Who has a response of the provider that is not stored yet: its node's number and one; 0 for nobody.</summary>
    private readonly byte[] _holder;

    /// <summary>Whose lease it is: its node's number and one; 0 for nobody's.</summary>
    private readonly byte[] _lessee;

    private readonly int[] _next, _previous, _firstDue;
    private int _earliest;

    /// <param name="count">How many sessions.</param>
    /// <param name="start">When the simulation begins.</param>
    /// <param name="life">Of an access token.</param>
    /// <param name="horizon">The latest that anything becomes due.</param>
    public SessionTable(int count, DateTimeOffset start, TimeSpan life, TimeSpan horizon)
    {
        (Count, _start, _life) = (count, start, life);
        (_obtainedAt, _dueAt, _leaseUntil) = (new int[count], new int[count], new int[count]);
        (_owner, _version, _generation, _issued, _holder) = (new ulong[count], new ushort[count], new ushort[count], new ushort[count], new byte[count]);
        _lessee = new byte[count];
        (_next, _previous, _firstDue) = (new int[count], new int[count], new int[(int)horizon.TotalMilliseconds + 2]);
        Array.Fill(_firstDue, None);
        _earliest = _firstDue.Length;
    }

    public int Count { get; }

    /// <summary>Renewals stored, by node.</summary>
    public long[] Renewed { get; } = new long[byte.MaxValue];

    /// <summary>How long the token of before still had to live when the new one was stored.</summary>
    public Histogram Left { get; } = new(TimeSpan.FromSeconds(0.1), 36_000);

    /// <summary>Renewals stored after the token of before had expired.</summary>
    public long Late { get; private set; }

    /// <summary>Renewals asked of the provider.</summary>
    public long Asked { get; private set; }

    /// <summary>Refresh tokens that were used twice by nodes that live.</summary>
    public long Replayed { get; private set; }

    /// <summary>Refresh tokens that were used again since the node that had used them died before it stored what came.</summary>
    public long Repeated { get; private set; }

    public static SessionId IdOf(int number)
    {
        Span<byte> bytes = stackalloc byte[32];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Mixed((ulong)number));   // the policy spreads sessions by the first bits
        BinaryPrimitives.WriteInt32LittleEndian(bytes[28..], number);
        return new(Base64Url.EncodeToString(bytes));
    }

    public static int NumberOf(SessionId id)
    {
        Span<byte> bytes = stackalloc byte[32];
        Base64Url.DecodeFromChars(id.Value, bytes);
        return BinaryPrimitives.ReadInt32LittleEndian(bytes[28..]);
    }

    public static string TokenOf(char kind, int number, int generation) => string.Create(CultureInfo.InvariantCulture, $"{kind}-{number}-{generation}");

    public static (int Number, int Generation) ReadToken(ReadOnlySpan<char> token)
    {
        var dash = token.LastIndexOf('-');
        return (int.Parse(token[2..dash], NumberStyles.None, CultureInfo.InvariantCulture),
            int.Parse(token[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture));
    }

    /// <summary>Puts a session there whose token was obtained then.</summary>
    /// <returns>False when it would have been due before the start, and is not there.</returns>
    public bool TryPut(int number, DateTimeOffset obtainedAt, Func<SessionId, TokenSet, DateTimeOffset?> dueAt)
    {
        (_obtainedAt[number], _version[number]) = (Milliseconds(obtainedAt), 1);
        var due = Milliseconds(dueAt(IdOf(number), TokensOf(number))!.Value);
        if (due >= 0) { Schedule(number, due); }
        return due >= 0;
    }

    /// <summary>The statement that claims what is due: the earliest first.</summary>
    public IReadOnlyList<Lease> ClaimDue(int node, DateTimeOffset now, string owner, DateTimeOffset until, int take)
    {
        lock (_lock)
        {
            var leases = new List<Lease>();
            var limit = Milliseconds(now);
            while (leases.Count < take && FindEarliest() <= limit) { leases.Add(Lease(node, _firstDue[_earliest], owner, until)); }
            return leases;
        }
    }

    public Lease? Claim(int node, int number, long version, DateTimeOffset now, string owner, DateTimeOffset until)
    {
        lock (_lock) { return _version[number] == version && _leaseUntil[number] <= Milliseconds(now) ? Lease(node, number, owner, until) : null; }
    }

    public DateTimeOffset? NextDue()
    {
        lock (_lock) { return FindEarliest() is var at && at < _firstDue.Length ? _start.AddMilliseconds(at) : null; }
    }

    public Session Find(int number)
    {
        lock (_lock) { return Read(number); }
    }

    public bool Complete(int node, Lease lease, TokenSet tokens, DateTimeOffset dueAt, DateTimeOffset now)
    {
        var (number, generation) = ReadToken(tokens.RefreshToken);
        lock (_lock)
        {
            if (!IsHeld(number, lease)) { return false; }
            var left = ExpiresAt(number) - now;
            if (left <= TimeSpan.Zero) { Late++; }
            Left.Add(left);
            Renewed[node]++;
            (_obtainedAt[number], _generation[number], _holder[number]) = (Milliseconds(tokens.ObtainedAt), (ushort)generation, 0);
            Free(number, dueAt);
            _version[number]++;
            return true;
        }
    }

    /// <summary>Nothing fails here but what cannot: for the engine's sake.</summary>
    public void Release(int number, Lease lease, DateTimeOffset dueAt)
    {
        lock (_lock)
        {
            if (IsHeld(number, lease)) { Free(number, dueAt); }
        }
    }

    /// <summary>Ends all leases of a node that is gone.</summary>
    public IReadOnlyList<int> FreeLeases(int node, DateTimeOffset now)
    {
        lock (_lock)
        {
            var freed = new List<int>();
            for (var left = _lessee.AsSpan(); left.IndexOf((byte)(node + 1)) is var at and >= 0; left = left[(at + 1)..])
            {
                freed.Add(_lessee.Length - left.Length + at);
            }

            foreach (var number in freed) { Free(number, now); }
            return freed;
        }
    }

    /// <summary>The provider trades a refresh token for the next one.</summary>
    /// <returns>The generation of the new one; null when it refuses.</returns>
    public int? Trade(int number, int generation, int node, Func<int, bool> isDead)
    {
        lock (_lock)
        {
            Asked++;
            var isLost = _holder[number] != 0 && isDead(_holder[number] - 1);
            if (generation != _issued[number])
            {
                if (generation + 1 == _issued[number] && isLost) { Repeated++; }
                else { Replayed++; }
            }

            (_holder[number], _issued[number]) = ((byte)(node + 1), (ushort)(_issued[number] + 1));
            return _issued[number];
        }
    }

    /// <summary>Sessions whose token has expired.</summary>
    public int CountExpired(DateTimeOffset now)
    {
        var (latest, expired) = (Milliseconds(now - _life), 0);
        foreach (var obtainedAt in _obtainedAt) { expired += obtainedAt < latest ? 1 : 0; }
        return expired;
    }

    private int FindEarliest()
    {
        while (_earliest < _firstDue.Length && _firstDue[_earliest] == None) { _earliest++; }
        return _earliest;
    }

    private Lease Lease(int node, int number, string owner, DateTimeOffset until)
    {
        Unschedule(number);
        (_owner[number], _leaseUntil[number], _lessee[number]) = (HashOf(owner), Milliseconds(until), (byte)(node + 1));
        Schedule(number, _leaseUntil[number]);
        return new Lease(Read(number), owner, until);
    }

    private bool IsHeld(int number, Lease lease) => _owner[number] == HashOf(lease.Owner) && _version[number] == lease.Session.Version;

    private void Free(int number, DateTimeOffset dueAt)
    {
        (_owner[number], _leaseUntil[number], _lessee[number]) = (0, 0, 0);
        Unschedule(number);
        Schedule(number, Milliseconds(dueAt));
    }

    private void Schedule(int number, int at)
    {
        at = Math.Clamp(at, 0, _firstDue.Length - 1);
        (_dueAt[number], _previous[number], _next[number]) = (at, None, _firstDue[at]);
        if (_firstDue[at] != None) { _previous[_firstDue[at]] = number; }
        _firstDue[at] = number;
        _earliest = Math.Min(_earliest, at);
    }

    private void Unschedule(int number)
    {
        var (previous, next) = (_previous[number], _next[number]);
        if (previous == None) { _firstDue[_dueAt[number]] = next; }
        else { _next[previous] = next; }
        if (next != None) { _previous[next] = previous; }
    }

    private Session Read(int number) => new()
    {
        Id = IdOf(number),
        Sid = "sid",
        Subject = "user",
        Claims = NoClaims,
        CreatedAt = _start,
        EndsAt = _start + Far,
        AbsoluteEndsAt = _start + Far,
        Version = _version[number],
        Tokens = TokensOf(number),
        DueAt = _start.AddMilliseconds(_dueAt[number]),
        LeaseUntil = _leaseUntil[number] == 0 ? default : _start.AddMilliseconds(_leaseUntil[number]),
    };

    private TokenSet TokensOf(int number) => new(
        TokenOf('a', number, _generation[number]), TokenOf('r', number, _generation[number]), null, null, _start.AddMilliseconds(_obtainedAt[number]),
        ExpiresAt(number));

    private DateTimeOffset ExpiresAt(int number) => _start.AddMilliseconds(_obtainedAt[number]) + _life;

    private int Milliseconds(DateTimeOffset time) => (int)((time - _start).Ticks / TimeSpan.TicksPerMillisecond);

    private static ulong HashOf(string owner) => owner.Aggregate(14_695_981_039_346_656_037, (hash, letter) => (hash ^ letter) * 1_099_511_628_211);

    private static ulong Mixed(ulong number)
    {
        number = (number + 0x9E37_79B9_7F4A_7C15) * 0xBF58_476D_1CE4_E5B9;
        number = (number ^ (number >> 27)) * 0x94D0_49BB_1331_11EB;
        return number ^ (number >> 31);
    }
}
