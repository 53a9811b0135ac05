namespace DevStack.Provider.Diary;

/// <summary>The newest token requests, and how many there were of each kind since the start.</summary>
internal sealed partial class TokenDiary(TimeProvider clock, ILogger<TokenDiary> logger)
{
    private const int Capacity = 1_000;

    private readonly Lock _lock = new();
    private readonly Queue<DiaryEntry> _entries = new(Capacity);
    private DiarySummary _summary = new(0, 0, 0, 0);

    public DiarySummary Summary
    {
        get
        {
            lock (_lock)
            {
                return _summary;
            }
        }
    }

    /// <summary>The newest first.</summary>
    public DiaryEntry[] Read()
    {
        lock (_lock)
        {
            return [.. _entries.Reverse()];
        }
    }

    public void Write(string grant, string? user, string? client, string outcome, string? token)
    {
        var entry = new DiaryEntry(clock.GetUtcNow(), grant, user, client, outcome, token);
        lock (_lock)
        {
            _summary = _summary.Count(outcome);
            if (_entries.Count == Capacity)
            {
                _entries.Dequeue();
            }

            _entries.Enqueue(entry);
        }

        Written(grant, user ?? "-", client ?? "-", outcome, token ?? "-");
    }

    [LoggerMessage(1, LogLevel.Information, "{Grant} user={User} client={Client} {Outcome} token={Token}")]
    private partial void Written(string grant, string user, string client, string outcome, string token);
}
