using Bff.Hosting;
using Microsoft.Extensions.Options;

namespace Bff.Sessions.Store;

/// <summary>
/// Where nodes share a store each says four times a second that it lives, and frees what one that is silent was renewing. Whether a node is silent is measured with
/// this node's own clock alone, from one sign of life to the next: no two clocks are compared. Whoever is taken for dead and lives is kept from writing by
/// the owner in its leases.
/// </summary>
internal sealed partial class Heartbeat : PeriodicService
{
    /// <summary>
    /// A quarter of a second. The last beat of a node is seen up to one interval late, and its silence is looked at up to one late again: with half a second
    /// a few of a hundred sessions had their new token later than 4 s after the death.
    /// </summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>A node without a sign of life for this long is taken for dead.</summary>
    public static readonly TimeSpan MaxSilence = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Between two beats of this node. After a longer pause, of ours or of the store, nobody's silence means anything: all are watched from then on. And who
    /// has paused may have been taken for dead, and says that it lives before it claims anything.
    /// </summary>
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(2);

    /// <summary>Leases are freed by what was read this short a time ago, and a node that is heard of again claims nothing for as long.</summary>
    private static readonly TimeSpan ActedOn = TimeSpan.FromMilliseconds(500);

    /// <summary>A silent node's leases are looked for this long: one may have been taken by a statement that was on its way when the node died.</summary>
    private static readonly TimeSpan FreeFor = TimeSpan.FromSeconds(30);

    /// <summary>What took longer to answer may have been read at any time until then, and a node's silence begins with the answer.</summary>
    private static readonly TimeSpan Prompt = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan ForgetAfter = TimeSpan.FromHours(1);

    /// <summary>Whose sign of life was older when this node first saw it, by the clocks of both, died before its time: others have said so.</summary>
    private static readonly TimeSpan LongGone = TimeSpan.FromMinutes(1);

    private const long Never = long.MinValue;

    private readonly SessionStorage _storage;
    private readonly IRenewalQueue _queue;
    private readonly IOptions<NodeDescription> _self;
    private readonly TimeProvider _clock;
    private readonly ILogger<Heartbeat> _logger;
    private readonly DateTimeOffset _startedAt;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Dictionary<string, Watched> _watched = [];
    private volatile View _view = new([], IsHeard: false);
    private long _heardAt = Never;
    private long _triedAt = Never;

    /// <summary>When it was heard of again after others may have taken it for dead.</summary>
    private long _heardAgainAt = Never;
    private volatile bool _stopped;

    /// <param name="Others">The other nodes; and whether each is alive, null for one of an older version, which beats more slowly.</param>
    /// <param name="IsHeard">The last beat of this node went through.</param>
    private sealed record View(IReadOnlyList<(Node Node, bool? IsAlive)> Others, bool IsHeard);

    /// <param name="Node">As it was at its last sign of life.</param>
    /// <param name="Since">When this node noticed that.</param>
    /// <param name="IsTold">Its silence need not be logged.</param>
    /// <param name="TriedAt">When its leases were last looked for.</param>
    private sealed record Watched(Node Node, long Since, bool IsTold, long TriedAt = Never);

    public Heartbeat(SessionStorage storage, IRenewalQueue queue, IOptions<NodeDescription> self, TimeProvider clock, ILogger<Heartbeat> logger)
        : base(Interval, clock, logger, runsAtStart: true) =>
        (_storage, _queue, _self, _clock, _logger, _startedAt) = (storage, queue, self, clock, logger, clock.GetUtcNow());

    /// <summary>Of this start of the process.</summary>
    public string Instance { get; } = Guid.NewGuid().ToString("N");

    public string Name => _self.Value.Name;

    /// <summary>The other nodes, as of the last beat; whether each is alive, null for one of an older version, which beats more slowly.</summary>
    public IReadOnlyList<(Node Node, bool? IsAlive)> Others => _view.Others;

    /// <summary>Whether the last beat of this node went through; if not, it knows nothing of the others.</summary>
    public bool IsHeard => _view.IsHeard;

    /// <summary>When the last beat that went through was begun, as a timestamp of this node's clock.</summary>
    public long HeardAt => Volatile.Read(ref _heardAt);

    /// <summary>This one, and those that are not taken for dead.</summary>
    public int Living => 1 + _view.Others.Count(other => other.IsAlive != false);

    /// <summary>
    /// To be called before a claim. Others free the leases of a node that they have not heard of, until they hear of it again, and would renew at the same time
    /// what it claims: who cannot be heard leaves it to them, for as long as they look for its leases.
    /// </summary>
    /// <exception cref="SessionStoreException">Nothing is to be claimed now.</exception>
    public async ValueTask SpeakUpAsync(CancellationToken cancellationToken)
    {
        if (!HasPaused) { return; }
        var asked = _clock.GetTimestamp();
        await BeatAsync(unlessTriedSince: asked, cancellationToken);
        if (HeardAt < asked && !_stopped && _clock.GetElapsedTime(HeardAt) < MaxSilence + FreeFor + MaxPause)
        {
            throw new SessionStoreException("This node cannot say in it that it lives, and claims nothing.") { IsUnanswered = true };
        }
    }

    /// <summary>
    /// As <see cref="SpeakUpAsync"/>, before a claim whose refresh token is sent. Who read a moment ago that this node is silent may free its leases even now,
    /// and such a claim with them: until nobody does, nothing is claimed.
    /// </summary>
    /// <returns>From when on the claim is safe, for <see cref="MayBeMissedSince"/>.</returns>
    /// <exception cref="SessionStoreException">Nothing is to be claimed now.</exception>
    public async ValueTask<long> SpeakUpToSendAsync(CancellationToken cancellationToken)
    {
        await SpeakUpAsync(cancellationToken);
        if (Volatile.Read(ref _heardAgainAt) is var again and not Never && ActedOn - _clock.GetElapsedTime(again) is var left && left > TimeSpan.Zero)
        {
            await Task.Delay(left, _clock, cancellationToken);
        }

        return HeardAt is var heard and not Never ? heard : _clock.GetTimestamp();
    }

    /// <summary>Whether others may have taken this node for dead, and freed what it claimed then: it was last heard of at that time, or has stood still since.</summary>
    public bool MayBeMissedSince(long heardAt) => HeardAt != Never && _clock.GetElapsedTime(heardAt) >= MaxSilence;

    /// <summary>Never before its first beat: nobody knows this node then.</summary>
    private bool HasPaused => HeardAt is var heard and not Never && _clock.GetElapsedTime(heard) >= MaxPause && !_stopped;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _storage.IsShared ? base.ExecuteAsync(stoppingToken) : Task.CompletedTask;

    protected override Task RunAsync(CancellationToken cancellationToken) => BeatAsync(cancellationToken);

    /// <summary>Says that this node lives, and looks who else does.</summary>
    public Task BeatAsync(CancellationToken cancellationToken) => BeatAsync(unlessTriedSince: null, cancellationToken);

    /// <summary>After the last renewal, so nobody has to find out that this node is gone.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (!_storage.IsShared) { return; }
        await _turn.WaitAsync(CancellationToken.None);
        try
        {
            _stopped = true;
            await TryAsync(
                async limit =>
                {
                    await _queue.FreeLeasesAsync(Instance, _clock.GetUtcNow(), limit);
                    await _storage.LeaveAsync(SelfAt(_clock.GetUtcNow()), limit);
                },
                cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <param name="unlessTriedSince">One that was begun since then, for somebody else, will do.</param>
    /// <param name="cancellationToken">Stops it.</param>
    private async Task BeatAsync(long? unlessTriedSince, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (!_stopped && !(_triedAt >= unlessTriedSince)) { await TryAsync(BeatNowAsync, cancellationToken); }
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task TryAsync(Func<CancellationToken, Task> act, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(MaxPause, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await act(either.Token);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            _view = _view with { IsHeard = false };
            Unheard(error.GetBaseException().Message);
        }
    }

    private async Task BeatNowAsync(CancellationToken cancellationToken)
    {
        var (began, now) = (_clock.GetTimestamp(), _clock.GetUtcNow());
        _triedAt = began;
        var others = await _storage.AnnounceAsync(SelfAt(now), now - ForgetAfter, cancellationToken);
        if (_heardAt == Never || _clock.GetElapsedTime(_heardAt, began) > MaxPause) { _watched.Clear(); }
        if (_heardAt != Never && _clock.GetElapsedTime(_heardAt, began) >= MaxSilence) { Volatile.Write(ref _heardAgainAt, _clock.GetTimestamp()); }
        Volatile.Write(ref _heardAt, began);
        Watch(others, _clock.GetElapsedTime(began) <= Prompt ? began : _clock.GetTimestamp());
        _view = new([.. others.Select(node => (node, IsAliveAt(node, began)))], IsHeard: true);
        await FreeAsync(others, began, cancellationToken);
    }

    private Node SelfAt(DateTimeOffset now)
    {
        var self = _self.Value;
        return new(self.Name, Instance, self.Version, self.Url, _startedAt, now, self.IsReady()) { Renewals = self.CountRenewals() };
    }

    /// <summary>One that has gone in good order is silent, too: it has left no leases, and is forgotten in a while.</summary>
    private void Watch(IReadOnlyList<Node> others, long now)
    {
        foreach (var node in others)
        {
            if (node.Instance is not { } instance) { continue; }
            if (!_watched.TryGetValue(instance, out var known)) { _watched[instance] = new(node, now, IsTold: _clock.GetUtcNow() - node.SeenAt > LongGone); }
            else if (known.Node.SeenAt != node.SeenAt) { _watched[instance] = new(node, now, IsTold: false); }
        }
    }

    private bool? IsAliveAt(Node node, long now) => node.Instance is { } instance ? SilenceOf(_watched[instance], now) < MaxSilence : null;

    private TimeSpan SilenceOf(Watched watched, long now) => _clock.GetElapsedTime(watched.Since, now);

    private async Task FreeAsync(IReadOnlyList<Node> others, long began, CancellationToken cancellationToken)
    {
        // Those first that were not tried for longest: of many at once a slow store frees some with each beat.
        foreach (var (instance, silent) in _watched.Where(entry => SilenceOf(entry.Value, began) >= MaxSilence).OrderBy(entry => entry.Value.TriedAt).ToList())
        {
            // Long after it was asked who lives, the answer says nothing: neither when the store is asked to free, nor when it gets round to it.
            var left = ActedOn - _clock.GetElapsedTime(began);
            if (left <= TimeSpan.Zero) { return; }
            var hasLeft = !others.Any(node => node.Instance == instance);
            if (SilenceOf(silent, began) >= MaxSilence + FreeFor)
            {
                if (hasLeft) { _watched.Remove(instance); }
                continue;
            }

            _watched[instance] = silent with { TriedAt = began };
            using var late = new CancellationTokenSource(left, _clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
            int freed;
            try
            {
                freed = await _queue.FreeLeasesAsync(instance, _clock.GetUtcNow(), either.Token);
            }
            catch (Exception) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                return;   // this node has been heard all the same, and tries again with its next beat
            }

            if (freed > 0 || !(silent.IsTold || hasLeft)) { IsSilent(silent.Node.Name, instance, freed); }
            _watched[instance] = silent with { IsTold = true, TriedAt = began };
        }
    }

    [LoggerMessage(LogLevel.Debug, "This node could not announce itself in the store ({Reason}).")]
    private partial void Unheard(string reason);

    [LoggerMessage(
        LogLevel.Warning,
        "Node {Node} ({Instance}) has not been heard of for 3 seconds; {Freed} renewals that it had begun are free for others.")]
    private partial void IsSilent(string node, string instance, int freed);
}
