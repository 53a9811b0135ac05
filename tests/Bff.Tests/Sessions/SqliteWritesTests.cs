using System.Buffers.Binary;
using Bff.Sessions;
using Bff.Sessions.Store.Sql;
using Bff.Sessions.Store.Sqlite;
using Microsoft.Data.Sqlite;

namespace Bff.Tests.Sessions;

/// <summary>Writes that have to wait for their turn at a SQLite file.</summary>
public sealed class SqliteWritesTests : IAsyncDisposable
{
    private readonly SqliteUnderTest _storage = new();

    [Fact]
    public async Task Writes_that_wait_share_one_transaction_and_what_is_refused_takes_none_of_them_with_it()
    {
        await _storage.ExecuteAsync("CREATE TRIGGER never BEFORE INSERT ON used_once WHEN new.id = 'never' BEGIN SELECT RAISE(FAIL, 'never'); END");
        var before = Commits();
        var (well, _) = await WriteWhileHeldAsync("first", "second", "third");
        (await Task.WhenAll(well)).ShouldAllBe(written => written == 1);
        (Commits() - before).ShouldBe(1);

        var (mixed, _) = await WriteWhileHeldAsync("fourth", "never", "fifth");
        (await mixed[0]).ShouldBe(1);
        (await Should.ThrowAsync<SqliteException>(mixed[1])).Message.ShouldContain("never");
        (await mixed[2]).ShouldBe(1);
        (await CountAsync()).ShouldBe(5);
    }

    [Fact]
    public async Task Who_gives_up_before_its_turn_has_written_nothing()
    {
        var (writes, cancel) = await WriteWhileHeldAsync(cancels: true, "one", "two");
        cancel.IsCancellationRequested.ShouldBeTrue();
        foreach (var write in writes) { await Should.ThrowAsync<OperationCanceledException>(write); }
        (await WriteAsync("later", default)).ShouldBe(1);
        (await CountAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task A_write_whose_turn_does_not_come_is_refused_and_not_done_later()
    {
        await using var impatient = new SqliteDatabase(_storage.ConnectionString, "/", TimeSpan.FromSeconds(0.2));
        impatient.Prepare();
        using (await impatient.TakeTurnToWriteAsync(default))
        {
            await Should.ThrowAsync<SessionStoreException>(() => WriteAsync(impatient, "late", default));
        }

        (await WriteAsync(impatient, "in time", default)).ShouldBe(1);
        (await CountAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task A_write_that_comes_while_others_give_up_has_time_of_its_own()
    {
        await using var impatient = new SqliteDatabase(_storage.ConnectionString, "/", TimeSpan.FromSeconds(2));
        impatient.Prepare();
        Task<int> late;
        using (await impatient.TakeTurnToWriteAsync(default))
        {
            await Should.ThrowAsync<SessionStoreException>(() => WriteAsync(impatient, "early", default));
            late = WriteAsync(impatient, "late", default);
        }

        (await late).ShouldBe(1);
        (await CountAsync()).ShouldBe(1);
    }

    private Task<(Task<int>[] Writes, CancellationToken Cancel)> WriteWhileHeldAsync(params string[] ids) => WriteWhileHeldAsync(cancels: false, ids);

    private async Task<(Task<int>[] Writes, CancellationToken Cancel)> WriteWhileHeldAsync(bool cancels, params string[] ids)
    {
        using var cancel = new CancellationTokenSource();
        using (await _storage.Database.TakeTurnToWriteAsync(default))
        {
            Task<int>[] writes = [.. ids.Select(id => WriteAsync(id, cancel.Token))];
            if (cancels) { await cancel.CancelAsync(); }
            return (writes, cancel.Token);
        }
    }

    private Task<int> WriteAsync(string id, CancellationToken cancellationToken) => WriteAsync(_storage.Database, id, cancellationToken);

    private static Task<int> WriteAsync(SqliteDatabase database, string id, CancellationToken cancellationToken) => database.WriteAsync(
        async connection =>
        {
            await using var command = connection.CreateCommand();
            command.CommandText = $"INSERT INTO used_once (id, forget_at) VALUES ('{id}', 1)";
            return await command.ExecuteNonQueryAsync(CancellationToken.None);
        },
        cancellationToken);

    private async Task<long> CountAsync()
    {
        await using var connection = await _storage.Database.DataSource.OpenConnectionAsync();
        return connection.Read("SELECT count(*) FROM used_once");
    }

    /// <summary>Transactions in the write-ahead log: a frame that ends one says how large the file is then (SQLite's file format, section 4.1).</summary>
    private int Commits()
    {
        const int Header = 32, FrameHeader = 24;
        using var file = new FileStream(_storage.Database.Files.Database + "-wal", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var log = new byte[file.Length];
        file.ReadExactly(log);
        var page = (int)BinaryPrimitives.ReadUInt32BigEndian(log.AsSpan(8));
        var commits = 0;
        for (var frame = Header; frame + FrameHeader <= log.Length; frame += FrameHeader + page)
        {
            if (!log.AsSpan(frame + 8, 8).SequenceEqual(log.AsSpan(16, 8))) { break; }   // of before the log was begun anew
            if (BinaryPrimitives.ReadUInt32BigEndian(log.AsSpan(frame + 4)) > 0) { commits++; }
        }

        return commits;
    }

    public ValueTask DisposeAsync() => _storage.DisposeAsync();
}
