using System.Diagnostics.CodeAnalysis;
using DevStack.Launcher;

namespace DevStack.Nodes;

/// <summary>One Bff of several: its process, which may be killed and started again, and what it has served.</summary>
internal sealed class DemoNode(Member member, Uri opsUrl, Screen screen, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private ChildProcess? _process;
    private long _served;

    public Member Member => member;

    public string Name => member.Name;

    public Uri OpsUrl => opsUrl;

    /// <summary>Answers, as it was asked last.</summary>
    public bool IsReady { get; set; }

    public long Served => Volatile.Read(ref _served);

    /// <summary>Of its process; null while there is none.</summary>
    public int? ProcessId => IsRunning(out var process) ? process.Id : null;

    public void CountCall() => Interlocked.Increment(ref _served);

    public void Start()
    {
        lock (_lock)
        {
            if (!IsRunning(out _))
            {
                _process?.Dispose();
                _process = ChildProcess.Start(member, screen, clock);
            }
        }
    }

    /// <summary><c>kill -9</c>: it finishes nothing and says nothing.</summary>
    public void Kill()
    {
        lock (_lock)
        {
            if (IsRunning(out var process))
            {
                process.Kill();
                screen.Say($"{Name} was killed");
            }
        }
    }

    public async Task StopAsync()
    {
        if (_process is { } process)
        {
            await process.StopAsync();
            process.Dispose();
        }
    }

    private bool IsRunning([NotNullWhen(true)] out ChildProcess? process)
    {
        process = _process;
        return process is { Exit.IsCompleted: false };
    }
}
