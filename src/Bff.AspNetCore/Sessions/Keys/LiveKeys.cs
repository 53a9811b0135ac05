using System.Buffers;
using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Bff.Hosting;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Options;

namespace Bff.Sessions.Keys;

/// <summary>
/// Data Protection that keeps up with its keys. The framework reads them about once a day; this looks for new and revoked ones every minute, and at once when
/// something was sealed with a key it has not read, as another node may have done by then.
/// </summary>
/// <remarks>
/// What browsers bring may name any key. So keys are read by one thread of its own, however many wait for it: those who can, wait without a thread
/// (<see cref="KnowsAsync(string, CancellationToken)"/>); of the others only a few do.
/// </remarks>
internal sealed partial class LiveKeys(
    Lazy<IKeyManager> stored, IOptions<KeyManagementOptions> options, ILoggerFactory loggers, TimeProvider clock, SessionMetrics? metrics = null)
    : PeriodicService(RefreshInterval, clock, loggers.CreateLogger<LiveKeys>()), IDataProtectionProvider
{
    public const string ApplicationName = "Bff";

    /// <summary>How long a caller waits for keys that are being read.</summary>
    public static readonly TimeSpan WaitTimeout = TimeSpan.FromSeconds(2);

    private const int MaxBlockedThreads = 4;

    private static readonly TimeSpan RefreshInterval = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Lately = 3 * RefreshInterval;

    /// <summary>The store of the keys is not asked more often for keys that callers name.</summary>
    private static readonly TimeSpan MinPause = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = loggers.CreateLogger<LiveKeys>();
    private readonly Lock _opening = new();
    private readonly Lock _lock = new();   // never held while the store is read
    private readonly SemaphoreSlim _mayBlock = new(MaxBlockedThreads);
    private volatile Ring? _ring;
    private volatile SessionStoreException? _unreadable;
    private volatile SessionStoreException? _closed;
    private readonly ConcurrentDictionary<Guid, long> _revoked = new();
    private Task _reading = Task.CompletedTask;
    private long? _askedAt;

    /// <param name="Protection">Has read these keys at least.</param>
    /// <param name="Keys">The keys there were just before, and whether they were revoked by then.</param>
    /// <param name="Stored">The same, as they are stored.</param>
    private sealed record Ring(IDataProtectionProvider Protection, HashSet<(Guid Id, bool Revoked)> Keys, IReadOnlyCollection<IKey> Stored)
    {
        public bool Has(Guid key) => Keys.Contains((key, false)) || Keys.Contains((key, true));
    }

    /// <summary>This node has learned that a key is revoked, and opens nothing with it from now on.</summary>
    public event Action? Revoked;

    private Ring Current
    {
        get
        {
            if (_ring is { } ring) { return ring; }
            lock (_opening) { return _ring ??= Open(ReadStored()); }   // at the start, before anybody is served
        }
    }

    /// <summary>The keys as they were read last: another list when there is a new one, or one is revoked.</summary>
    public IReadOnlyCollection<IKey> Stored => Current.Stored;

    /// <summary>Why keys could not be read the last time; null when they could.</summary>
    public SessionStoreException? Unreadable => _unreadable;

    /// <summary>The stored keys have not been found to open: until they are, none is read, and none made that would be everybody's.</summary>
    public void Close(SessionStoreException reason) => _closed = reason;

    public void Reopen() => _closed = null;

    /// <summary>Keys of which this node has learned within minutes that they are revoked. Until then it may have sealed with them.</summary>
    public IEnumerable<Guid> RevokedLately => _revoked.Where(entry => Clock.GetElapsedTime(entry.Value) < Lately).Select(entry => entry.Key);

    public IDataProtector CreateProtector(string purpose) => new Protector(this, [purpose]);

    /// <summary>
    /// Whether the key this was sealed with is there, after a look at the store if need be. Waits without a thread: for text that anybody may bring.
    /// </summary>
    /// <param name="sealedText">Base64url, as Data Protection writes it.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <exception cref="SessionStoreException">It is none of those that were read, and others cannot be read now.</exception>
    public async Task<bool> KnowsAsync(string sealedText, CancellationToken cancellationToken)
    {
        var key = KeyOf(sealedText);
        var known = await KnowsAsync(key, cancellationToken);
        return !known && key is not null && Unreadable is { } away ? throw away : known;
    }

    /// <summary>Has the key read that this was sealed with, if it has not been. Waits as <see cref="KnowsAsync(string, CancellationToken)"/> does.</summary>
    public Task LooksForAsync(byte[] sealedBytes, CancellationToken cancellationToken) => KnowsAsync(KeyOf(sealedBytes), cancellationToken);

    private async Task<bool> KnowsAsync(Guid? named, CancellationToken cancellationToken)
    {
        if (named is not { } key) { return false; }
        if (Current.Has(key)) { return true; }
        try
        {
            await ReadSoonAsync().WaitAsync(WaitTimeout, Clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            return false;
        }

        return Current.Has(key);
    }

    protected override Task RunAsync(CancellationToken cancellationToken) => ReadAsync().WaitAsync(cancellationToken);

    public override void Dispose()
    {
        _mayBlock.Dispose();
        base.Dispose();
    }

    /// <summary>
    /// For callers that cannot wait without a thread. When the store stalls, a few threads wait for it and the rest go on with what is known.
    /// </summary>
    private bool Learns(Guid key)
    {
        if (!_mayBlock.Wait(0)) { return false; }
        try
        {
            return ReadSoonAsync().Wait(WaitTimeout) && Current.Has(key);
        }
        finally
        {
            _mayBlock.Release();
        }
    }

    private Task ReadSoonAsync()
    {
        lock (_lock)
        {
            if (_reading.IsCompleted && _askedAt is { } asked && Clock.GetElapsedTime(asked) < MinPause) { return Task.CompletedTask; }
            _askedAt = Clock.GetTimestamp();
            return ReadAsync();
        }
    }

    /// <summary>One reading for all who ask meanwhile, on a thread of its own: the store may stall it for as long as it likes.</summary>
    private Task ReadAsync()
    {
        lock (_lock)
        {
            if (!_reading.IsCompleted) { return _reading; }
            return _reading = Task.Factory.StartNew(Read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
    }

    private void Read()
    {
        try
        {
            var seen = Current;
            var read = ReadStored();
            var keys = IdsOf(read);
            _unreadable = null;
            if (keys.IsSubsetOf(seen.Keys)) { return; }
            var revoked = keys.Except(seen.Keys).Where(key => key.Revoked).ToList();
            foreach (var (key, _) in revoked) { _revoked[key] = Clock.GetTimestamp(); }
            _ring = Open(read);
            Learned();
            if (revoked.Count > 0) { Revoked?.Invoke(); }
        }
        catch (Exception error)
        {
            var away = SessionStoreException.In(error);
            _unreadable = away ?? new SessionStoreException("The Data Protection keys cannot be read: " + error.GetBaseException().Message, error);
            if (away is null) { CannotBeRead(error); }   // else the store's own line says it
        }
    }

    private static HashSet<(Guid Id, bool Revoked)> IdsOf(IEnumerable<IKey> keys) => [.. keys.Select(key => (key.KeyId, key.IsRevoked))];

    private IReadOnlyCollection<IKey> ReadStored()
    {
        if (_closed is { } reason) { throw reason; }
        var (keys, now) = (stored.Value.GetAllKeys(), Clock.GetUtcNow());
        metrics?.KeyIs(now - keys.Where(key => !key.IsRevoked && key.ActivationDate <= now).MaxBy(key => key.ActivationDate)?.CreationDate);
        return keys;
    }

    /// <summary>The framework's own provider, made anew: one that has read its keys cannot be told to read them again.</summary>
    private Ring Open(IReadOnlyCollection<IKey> read)
    {
        var keys = IdsOf(read);
        var services = new ServiceCollection().AddSingleton(loggers).AddSingleton(stored.Value).AddSingleton(options);
        services.AddDataProtection().SetApplicationName(ApplicationName);
        var protection = services.BuildServiceProvider().GetRequiredService<IDataProtectionProvider>();

        // Reads the keys here and now, not on the thread of the first request; and makes the very first one.
        if (KeyOf(protection.CreateProtector(nameof(LiveKeys)).Protect([])) is { } current && keys.Add((current, false)))
        {
            metrics?.KeyIs(TimeSpan.Zero);
            read = stored.Value.GetAllKeys();
        }

        return new Ring(protection, keys, read);
    }

    private static Guid? KeyOf(string sealedText)
    {
        Span<byte> start = stackalloc byte[21];
        return sealedText.Length >= 28 && Base64Url.DecodeFromChars(sealedText.AsSpan(0, 28), start, out _, out var written) == OperationStatus.Done
            ? KeyOf(start[..written])
            : null;
    }

    /// <summary>A sealed text begins with 09 F0 C9 F0 and the id of its key ("Authenticated encryption details" of the framework's documentation).</summary>
    private static Guid? KeyOf(ReadOnlySpan<byte> sealedText) =>
        sealedText is [0x09, 0xF0, 0xC9, 0xF0, .. { Length: >= 16 } rest] ? new Guid(rest[..16]) : null;

    private sealed class Protector(LiveKeys keys, string[] purposes) : IPersistedDataProtector
    {
        private volatile Opened? _opened;

        private sealed record Opened(Ring Ring, IDataProtector Protector);

        public IDataProtector CreateProtector(string purpose) => new Protector(keys, [.. purposes, purpose]);

        public byte[] Protect(byte[] plaintext) => With(keys.Current).Protect(plaintext);

        public byte[] Unprotect(byte[] protectedData) => Opening(protectedData).Unprotect(protectedData);

        public byte[] DangerousUnprotect(byte[] protectedData, bool ignoreRevocationErrors, out bool requiresMigration, out bool wasRevoked) =>
            ((IPersistedDataProtector)Opening(protectedData)).DangerousUnprotect(protectedData, ignoreRevocationErrors, out requiresMigration, out wasRevoked);

        private IDataProtector Opening(byte[] protectedData)
        {
            // Asked first: for a key it does not know the framework would read the store again, each time, in its first minutes.
            if (KeyOf(protectedData) is not { } key || !(keys.Current.Has(key) || keys.Learns(key)))
            {
                throw new CryptographicException("This was not sealed with one of our keys.");
            }

            return With(keys.Current);
        }

        private IDataProtector With(Ring ring)
        {
            if (_opened is not { } opened || opened.Ring != ring) { _opened = opened = new(ring, ring.Protection.CreateProtector(purposes)); }
            return opened.Protector;
        }
    }

    [LoggerMessage(LogLevel.Information, "New or revoked Data Protection keys were read.")]
    private partial void Learned();

    [LoggerMessage(LogLevel.Error, "The Data Protection keys cannot be read again; those read before stay in use.")]
    private partial void CannotBeRead(Exception error);
}
