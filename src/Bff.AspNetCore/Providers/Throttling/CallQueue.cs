namespace Bff.Providers.Throttling;

/// <summary>
/// Calls that wait for a place, by kind; the kinds' own order first, then first come, first served. Who stops waiting leaves no trace.
/// Not thread-safe: <see cref="TokenCallGate"/> holds its lock around every member.
/// </summary>
internal sealed class CallQueue
{
    private readonly LinkedList<Waiter>[] _lines = [.. Enum.GetValues<CallKind>().Select(_ => new LinkedList<Waiter>())];

    public int Count(CallKind kind) => _lines[(int)kind].Count;

    public Waiter Add(CallKind kind)
    {
        var waiter = new Waiter(kind);
        _lines[(int)kind].AddLast(waiter.Node);
        return waiter;
    }

    public void Remove(Waiter waiter)
    {
        var line = _lines[(int)waiter.Kind];
        if (waiter.Node.List == line) { line.Remove(waiter.Node); }
    }

    /// <summary>Takes out the first whose kind may come in now; null when there is none.</summary>
    public Waiter? TakeFirst(Func<CallKind, bool> mayEnter)
    {
        foreach (var line in _lines)
        {
            if (line.First is not { } first || !mayEnter(first.Value.Kind)) { continue; }
            line.Remove(first);
            return first.Value;
        }

        return null;
    }

    /// <summary>Takes out all of a kind.</summary>
    public IReadOnlyList<Waiter> TakeAll(CallKind kind)
    {
        Waiter[] all = [.. _lines[(int)kind]];
        _lines[(int)kind].Clear();
        return all;
    }

    internal sealed class Waiter : TaskCompletionSource<Admission>
    {
        public Waiter(CallKind kind)
            : base(TaskCreationOptions.RunContinuationsAsynchronously) => (Kind, Node) = (kind, new LinkedListNode<Waiter>(this));

        public CallKind Kind { get; }

        public LinkedListNode<Waiter> Node { get; }
    }
}
