using System.Diagnostics;

namespace DevStack.Launcher;

/// <summary>A started member: its output goes to the screen, its end can be awaited, and it can be stopped.</summary>
internal sealed class ChildProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly TimeProvider _clock;

    private ChildProcess(Member member, Process process, TimeProvider clock)
    {
        Member = member;
        _process = process;
        _clock = clock;
        Exit = process.WaitForExitAsync();
    }

    public Member Member { get; }

    public Task Exit { get; }

    public int ExitCode => _process.ExitCode;

    public int Id => _process.Id;

    public static ChildProcess Start(Member member, Screen screen, TimeProvider clock)
    {
        var process = new Process { StartInfo = member.StartInfo() };
        process.OutputDataReceived += (_, line) => Show(line.Data);
        process.ErrorDataReceived += (_, line) => Show(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new ChildProcess(member, process, clock);

        void Show(string? line)
        {
            if (line is not null)
            {
                screen.Line(member, line);
            }
        }
    }

    /// <summary>Asks it to stop and, when it does not, ends it with everything it started.</summary>
    public async Task StopAsync()
    {
        if (_process.HasExited)
        {
            return;
        }

        if (!Member.IsDotNet)
        {
            _process.StandardInput.Close();
        }

        UnixSignals.Terminate(_process);
        try
        {
            await Exit.WaitAsync(Patience, _clock);
        }
        catch (TimeoutException)
        {
            _process.Kill(entireProcessTree: true);
            await Exit;
        }
    }

    /// <summary>Ends it at once.</summary>
    public void Kill() => _process.Kill();

    public void Dispose() => _process.Dispose();
}
