using System.Diagnostics;
using System.Globalization;

namespace Bff.Benchmarks.Roles;

/// <summary>This program again, in a process of its own and in another role. It ends when its standard input does, so it outlives nobody.</summary>
internal sealed class Role : IAsyncDisposable
{
    private readonly Process _process;

    private Role(Process process) => _process = process;

    public int Id => _process.Id;

    /// <summary>Where it listens, when it does.</summary>
    public int Port { get; private init; }

    /// <summary>Starts it, and waits for its first line: the port, or any word.</summary>
    public static async Task<Role> StartAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Role).Assembly.Location, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { ["DOTNET_ENVIRONMENT"] = "Production" },
        };
        var process = Process.Start(start)!;
        var said = await process.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException($"The role '{arguments[0]}' did not start; what it said is above.");
        return new Role(process) { Port = int.TryParse(said, CultureInfo.InvariantCulture, out var port) ? port : 0 };
    }

    /// <summary>One line to it, one from it.</summary>
    public async Task<string> AskAsync(string line)
    {
        await _process.StandardInput.WriteLineAsync(line);
        await _process.StandardInput.FlushAsync();
        return await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The process has ended; what it said is above.");
    }

    /// <summary>In the process itself: says where it listens, and waits for the end.</summary>
    public static async Task ListenAsync(int port)
    {
        Console.WriteLine(port);
        while (await Console.In.ReadLineAsync() is not null) { }
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
