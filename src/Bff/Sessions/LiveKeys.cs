using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Options;

namespace Bff.Sessions;

/// <summary>
/// Data Protection that keeps up with its keys. The framework reads them about once a day; this looks for new and revoked ones every minute, and at once when
/// something was sealed with a key it has not read, as another node may have done by then.
/// </summary>
internal sealed partial class LiveKeys(IKeyManager stored, IOptions<KeyManagementOptions> options, ILoggerFactory loggers, TimeProvider clock) : BackgroundService, IDataProtectionProvider
{
    public const string ApplicationName = "Bff";

    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(1);

    /// <summary>What browsers bring may name any key; the store of the keys is not asked more often for it.</summary>
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = loggers.CreateLogger<LiveKeys>();
    private readonly Lock _lock = new();
    private volatile Ring? _ring;
    private long? _askedAt;

    /// <param name="Protection">Reads the keys when first used, so it knows these at least.</param>
    /// <param name="Keys">The keys there were just before, and whether they were revoked by then.</param>
    private sealed record Ring(IDataProtectionProvider Protection, HashSet<(Guid Id, bool Revoked)> Keys);

    private Ring Current
    {
        get
        {
            if (_ring is { } ring) { return ring; }
            lock (_lock) { return _ring ??= Open(StoredKeys()); }
        }
    }

    public IDataProtector CreateProtector(string purpose) => new Protector(this, [purpose]);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var tick = new PeriodicTimer(LookEvery, clock);
        try
        {
            while (await tick.WaitForNextTickAsync(stoppingToken)) { Refresh(Current); }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    /// <returns>True when there are newer keys than in <paramref name="seen"/>, so that it is worth another try.</returns>
    private bool Learns(Guid? key, Ring seen)
    {
        if (key is null || seen.Keys.Any(known => known.Id == key)) { return false; }
        lock (_lock)
        {
            if (_ring != seen) { return true; }
            if (_askedAt is { } asked && clock.GetElapsedTime(asked) < ShortestPause) { return false; }
            _askedAt = clock.GetTimestamp();
            return Refresh(seen);
        }
    }

    private bool Refresh(Ring seen)
    {
        try
        {
            lock (_lock)
            {
                if (_ring != seen) { return true; }
                var keys = StoredKeys();
                if (keys.IsSubsetOf(seen.Keys)) { return false; }
                _ring = Open(keys);
            }

            Learned();
            return true;
        }
        catch (Exception error)
        {
            Unreadable(error);
            return false;
        }
    }

    private HashSet<(Guid Id, bool Revoked)> StoredKeys() => [.. stored.GetAllKeys().Select(key => (key.KeyId, key.IsRevoked))];

    /// <summary>The framework's own provider, made anew: one that has read its keys cannot be told to read them again.</summary>
    private Ring Open(HashSet<(Guid Id, bool Revoked)> keys)
    {
        var services = new ServiceCollection().AddSingleton(loggers).AddSingleton(stored).AddSingleton(options);
        services.AddDataProtection().SetApplicationName(ApplicationName);
        return new Ring(services.BuildServiceProvider().GetRequiredService<IDataProtectionProvider>(), keys);
    }

    private sealed class Protector(LiveKeys keys, string[] purposes) : IPersistedDataProtector
    {
        private volatile Opened? _opened;

        private sealed record Opened(Ring Ring, IDataProtector Protector);

        public IDataProtector CreateProtector(string purpose) => new Protector(keys, [.. purposes, purpose]);

        public byte[] Protect(byte[] plaintext) => With(keys.Current).Protect(plaintext);

        public byte[] Unprotect(byte[] protectedData)
        {
            var ring = keys.Current;
            try
            {
                return With(ring).Unprotect(protectedData);
            }
            catch (CryptographicException)
            {
                if (!keys.Learns(KeyOf(protectedData), ring)) { throw; }
                return With(keys.Current).Unprotect(protectedData);
            }
        }

        public byte[] DangerousUnprotect(byte[] protectedData, bool ignoreRevocationErrors, out bool requiresMigration, out bool wasRevoked) =>
            ((IPersistedDataProtector)With(keys.Current)).DangerousUnprotect(protectedData, ignoreRevocationErrors, out requiresMigration, out wasRevoked);

        private IDataProtector With(Ring ring)
        {
            if (_opened is not { } opened || opened.Ring != ring) { _opened = opened = new(ring, ring.Protection.CreateProtector(purposes)); }
            return opened.Protector;
        }

        /// <summary>A sealed text begins with 09 F0 C9 F0 and the id of its key ("Authenticated encryption details" of the framework's documentation).</summary>
        private static Guid? KeyOf(byte[] sealedText) => sealedText.AsSpan() is [0x09, 0xF0, 0xC9, 0xF0, .. { Length: >= 16 } rest] ? new Guid(rest[..16]) : null;
    }

    [LoggerMessage(LogLevel.Information, "New or revoked Data Protection keys were read.")]
    private partial void Learned();

    [LoggerMessage(LogLevel.Error, "The Data Protection keys cannot be read again; those read before stay in use.")]
    private partial void Unreadable(Exception error);
}
