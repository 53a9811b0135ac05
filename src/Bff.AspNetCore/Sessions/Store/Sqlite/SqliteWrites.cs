using System.Data.Common;

namespace Bff.Sessions.Store.Sqlite;

/// <summary>
/// Writes that wait for the same turn go into one transaction, and so share its dearest part: the sync of the file. Each keeps a result of its own; where one
/// of them cannot be done, all are done one by one.
/// </summary>
/// <param name="source">The file.</param>
/// <param name="tryTakeTurn">Takes the turn to write when it is free; null when not.</param>
/// <param name="takeTurn">Waits for the turn to write, however long.</param>
/// <param name="failureOf">What an exception means.</param>
/// <param name="patience">Who has not been begun by then is refused, and never begun.</param>
internal sealed class SqliteWrites(
    DbDataSource source, Func<IDisposable?> tryTakeTurn, Func<Task<IDisposable>> takeTurn, Func<Exception, SessionStoreException?> failureOf,
    TimeSpan patience)
{
    /// <summary>In one transaction, at most.</summary>
    private const int MaxTogether = 64;

    private readonly Lock _lock = new();
    private readonly Queue<Write> _waiting = new();
    private bool _isAtWork;

    public static SessionStoreException TooManyBefore() => new("Writes before this one have not ended in time.");

    /// <exception cref="SessionStoreException">Its turn has not come in time.</exception>
    public async Task<T> RunAsync<T>(Func<DbConnection, Task<T>> run, CancellationToken cancellationToken)
    {
        var write = new Write<T>(run);
        if (Add(write)) { await BeginAsync(); }
        try
        {
            return await write.Task.WaitAsync(patience, cancellationToken);
        }
        catch (TimeoutException) when (write.TryWithdraw())
        {
            throw TooManyBefore();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested && write.TryWithdraw())
        {
            throw;
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            return await write.Task;   // it is being done, and may become fact
        }
    }

    /// <returns>False when somebody is at work, and will do it.</returns>
    private bool Add(Write write)
    {
        lock (_lock)
        {
            while (_waiting.TryPeek(out var first) && first.HasBegun) { _waiting.Dequeue(); }   // given up
            _waiting.Enqueue(write);
            if (_isAtWork) { return false; }
            return _isAtWork = true;
        }
    }

    /// <summary>A write that finds the turn free is done at once, on its caller's thread; whatever came meanwhile, or has to wait, on another.</summary>
    private async Task BeginAsync()
    {
        try
        {
            using var turn = tryTakeTurn();
            if (turn is not null) { await RunAsync(Take(MaxTogether)); }
        }
        catch (Exception error)
        {
            FailAll(error);
        }

        if (!GoesOn()) { return; }
        using (ExecutionContext.SuppressFlow()) { _ = Task.Run(WorkAsync); }   // SQLite works, and waits for the disk, on its caller's thread
    }

    private async Task WorkAsync()
    {
        do
        {
            try
            {
                using var turn = await takeTurn();   // however long: each write has a patience of its own
                await RunAsync(Take(MaxTogether));
            }
            catch (Exception error)
            {
                FailAll(error);
            }
        }
        while (GoesOn());
    }

    /// <summary>The file is not there: who waits is told so.</summary>
    private void FailAll(Exception error)
    {
        foreach (var write in Take(int.MaxValue)) { write.Fail(error); }
    }

    private bool GoesOn()
    {
        lock (_lock) { return _isAtWork = _waiting.Count > 0; }
    }

    private List<Write> Take(int most)
    {
        lock (_lock)
        {
            var taken = new List<Write>();
            while (taken.Count < most && _waiting.TryDequeue(out var write))
            {
                if (write.TryBegin()) { taken.Add(write); }
            }

            return taken;
        }
    }

    private async Task RunAsync(List<Write> writes)
    {
        if (writes.Count == 0) { return; }
        try
        {
            await using var connection = await source.OpenConnectionAsync();
            if (writes.Count > 1 && await TryTogetherAsync(connection, writes)) { return; }
            foreach (var write in writes)
            {
                if (await write.RunAloneAsync(connection) is { } error && IsUnanswered(error)) { throw error; }
            }
        }
        catch (Exception error)
        {
            // A wait in vain was one, however many waited: it counts once against the store.
            foreach (var write in writes) { write.Fail(write != writes[0] && IsUnanswered(error) ? TooManyBefore() : error); }
        }
    }

    private bool IsUnanswered(Exception error) => failureOf(error) is { IsUnanswered: true };

    /// <returns>False when nothing was written, since one of them cannot be: alone, the others may be.</returns>
    private async Task<bool> TryTogetherAsync(DbConnection connection, List<Write> writes)
    {
        await using var transaction = await connection.BeginTransactionAsync();
        foreach (var write in writes)
        {
            try
            {
                await write.RunAsync(connection);
            }
            catch (Exception error) when (!IsUnanswered(error))
            {
                return false;
            }
        }

        await transaction.CommitAsync();
        foreach (var write in writes) { write.Complete(); }
        return true;
    }

    private abstract class Write
    {
        private int _begun;

        public bool HasBegun => Volatile.Read(ref _begun) != 0;

        public bool TryBegin() => Interlocked.Exchange(ref _begun, 1) == 0;

        public bool TryWithdraw() => TryBegin();

        /// <summary>Nobody hears of its result before <see cref="Complete"/>.</summary>
        public abstract Task RunAsync(DbConnection connection);

        public abstract void Complete();

        public abstract void Fail(Exception error);

        /// <returns>What went wrong; it has been told.</returns>
        public async Task<Exception?> RunAloneAsync(DbConnection connection)
        {
            try
            {
                await RunAsync(connection);
                Complete();
                return null;
            }
            catch (Exception error)
            {
                Fail(error);
                return error;
            }
        }
    }

    private sealed class Write<T>(Func<DbConnection, Task<T>> run) : Write
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _result;

        public Task<T> Task => _done.Task;

        public override async Task RunAsync(DbConnection connection) => _result = await run(connection);

        public override void Complete() => _done.TrySetResult(_result!);

        public override void Fail(Exception error) => _done.TrySetException(error);
    }
}
