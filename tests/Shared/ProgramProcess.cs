using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Bff.Testing;

/// <summary>One of our programs as a process of its own, which can be frozen and killed. It is gone when the tests are, however they end.</summary>
internal sealed class ProgramProcess : IAsyncDisposable
{
    private const int SigTerm = 15, SigCont = 18, SigStop = 19;

    private readonly Process _process;
    private readonly Process _guard;

    /// <param name="start">What is started.</param>
    /// <param name="output">Takes each line it prints; null leaves its output alone.</param>
    /// <param name="errors">The same for its errors.</param>
    public ProgramProcess(ProcessStartInfo start, Action<string>? output = null, Action<string>? errors = null)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (output is not null, errors is not null);
        _process = Process.Start(start)!;
        if (output is not null)
        {
            _process.OutputDataReceived += (_, line) => Pass(line.Data, output);
            _process.BeginOutputReadLine();
        }

        if (errors is not null)
        {
            _process.ErrorDataReceived += (_, line) => Pass(line.Data, errors);
            _process.BeginErrorReadLine();
        }

        // A shell that waits for the end of its input, which comes when the tests are gone, and takes the process with it.
        _guard = Process.Start(
            new ProcessStartInfo("/bin/sh", ["-c", $"read _; kill -9 {_process.Id}"]) { RedirectStandardInput = true, RedirectStandardError = true })!;
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>CPU time used so far.</summary>
    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>The most memory it has held so far.</summary>
    public long PeakMemory
    {
        get
        {
            _process.Refresh();
            return _process.PeakWorkingSet64;
        }
    }

    /// <summary>Asks it to stop, as a container platform does.</summary>
    public void Terminate() => _ = kill(Id, SigTerm);

    /// <summary>Stops all its threads until <see cref="Thaw"/>, as a suspended machine would; the kernel goes on taking its connections.</summary>
    public void Freeze() => Signal(SigStop);

    public void Thaw() => Signal(SigCont);

    /// <summary><c>kill -9</c>: nothing is finished, nothing is said.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <returns>Its exit code; what it printed has arrived.</returns>
    public async Task<int> ExitsAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Eventually.Deadline, TimeProvider.System);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        _guard.Kill();   // first, or it might kill who gets the number next
        if (!_process.HasExited) { _process.Kill(); }
        await _process.WaitForExitAsync();
        _process.Dispose();
        _guard.Dispose();
    }

    private void Signal(int signal)
    {
        if (kill(Id, signal) != 0) { throw new InvalidOperationException("The process is gone."); }
    }

    private static void Pass(string? line, Action<string> take)
    {
        if (line is not null) { take(line); }
    }

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int process, int signal);
}
