using Bff.HostTests;

namespace Bff.Faults;

/// <summary>
/// Makes calls arrive at the very moment a token has expired and its renewal is due. The scheduler would renew well before that, so each round
/// freezes Bff as soon as it is idle, lets the token expire, hands the calls to its sockets, and thaws it: the scheduler's timer and all calls
/// then start at the same instant, on every node. This is what a paused virtual machine or container does. The provider counts the refreshes.
/// </summary>
internal sealed class ExpiryRounds(PretendProvider provider, IReadOnlyList<BffProcess> nodes, Grant grant)
{
    /// <summary>A round freezes Bff as soon as it is idle, long before the next renewal is due.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Idle = TimeSpan.FromMilliseconds(60);

    private readonly List<Caller.Answer> _answers = [];
    private int _rounds, _refreshes;

    /// <summary>One round: the calls are made while everything stands still.</summary>
    public async Task RunAsync(Func<IEnumerable<Task<Caller.Answer>>> call)
    {
        var seen = provider.Refreshes;
        _answers.AddRange(await StartAsync(() => Task.WhenAll(call())));
        await Pause.ForAsync(Idle);
        _refreshes += provider.Refreshes - seen;
        _rounds++;
    }

    /// <summary>One refresh a round, and nobody noticed.</summary>
    public void Report(Sheet sheet)
    {
        sheet.Exactly(
            ("refreshes", _refreshes, _rounds), ("used tokens replayed", provider.Reuses, 0),
            ("calls not answered 200", _answers.Count(answer => !answer.Ok), 0), ("sessions lost", grant.Over ? 1 : 0, 0));
        sheet.Inform("calls, the slowest", $"{_answers.Count:N0}, {_answers.Max(answer => answer.Took).TotalMilliseconds:F0} ms");
    }

    /// <summary>The calls of a round are started, and everything goes on.</summary>
    public async Task<T> StartAsync<T>(Func<Task<T>> call)
    {
        foreach (var node in nodes) { node.Freeze(); }
        await Pause.UntilAsync(grant.AccessToken!.ExpiresAt + Idle);
        var calls = call();
        await Pause.ForAsync(Idle);
        foreach (var node in nodes) { node.Thaw(); }
        return await calls;
    }
}
