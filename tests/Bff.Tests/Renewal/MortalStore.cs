using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Bff.Sessions.Store;

namespace Bff.Tests.Renewal;

/// <summary>The store as one process sees it: gone for a process that is gone.</summary>
[SuppressMessage("Performance", "CA1852:Seal internal types", Justification = "What is created derives from it.")]
internal class MortalStore : DispatchProxy
{
    private static readonly MethodInfo Await = typeof(MortalStore).GetMethod(nameof(AwaitAsync), BindingFlags.Instance | BindingFlags.NonPublic)!;

    private IFullSessionStore _store = null!;
    private Func<bool> _isAlive = null!;
    private int _underWay;

    private sealed class Gone() : DbException("the process was killed");

    public static IFullSessionStore Of(IFullSessionStore store, Func<bool> isAlive, out MortalStore way)
    {
        var seen = Create<IFullSessionStore, MortalStore>();
        way = (MortalStore)(object)seen;
        (way._store, way._isAlive) = (store, isAlive);
        return seen;
    }

    /// <summary>Operations that have begun and not ended.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>Happens once, after the store has carried out a claim that was granted and before the process has the answer.</summary>
    public Func<Task>? AfterClaim { get; set; }

    /// <summary>Happens before an operation, of that name.</summary>
    public Action<string>? Before { get; set; }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (!_isAlive()) { throw new Gone(); }
        Before?.Invoke(targetMethod!.Name);
        var result = targetMethod!.ReturnType.GetGenericArguments() is [var one] ? one : typeof(bool);
        return Await.MakeGenericMethod(result).Invoke(this, BindingFlags.DoNotWrapExceptions, null, [targetMethod, args], null);
    }

    /// <returns>A task of the result, which also serves where only a task is asked for.</returns>
    private async Task<T> AwaitAsync<T>(MethodInfo operation, object?[] arguments)
    {
        Interlocked.Increment(ref _underWay);
        try
        {
            var task = (Task)operation.Invoke(_store, BindingFlags.DoNotWrapExceptions, null, arguments, null)!;
            await task;
            if (task is Task<Lease?> { Result: not null } or Task<IReadOnlyList<Lease>> { Result.Count: > 0 } && AfterClaim is { } after)
            {
                AfterClaim = null;
                await after();
            }

            return task is Task<T> { Result: var result } ? result : default!;
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }
}
