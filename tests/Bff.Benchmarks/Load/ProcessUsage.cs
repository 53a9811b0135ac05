using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Bff.Benchmarks.Load;

/// <summary>What a process, with all it has started, has used so far.</summary>
/// <param name="Cpu">In user and kernel mode.</param>
/// <param name="AllocatedBytes">By the .NET runtime; null when it is no .NET process.</param>
/// <param name="Collections">Garbage collections of any generation.</param>
/// <param name="FullCollections">Of the oldest.</param>
/// <param name="CompiledMethods">By the .NET runtime while it ran, in any tier.</param>
/// <param name="LiveBytes">On the .NET heap, with what is dead but not collected yet.</param>
internal sealed record ProcessUsage(TimeSpan Cpu, long? AllocatedBytes, int Collections, int FullCollections, int CompiledMethods, long LiveBytes)
{
    /// <summary>The kernel tells times in hundredths of a second (USER_HZ), rounded from what it keeps to the nanosecond.</summary>
    private const int TicksPerSecond = 100;

    private const int ParentField = 1, UserField = 11, KernelField = 12;

    /// <param name="process">Which.</param>
    /// <param name="wish">What the <see cref="StartupHook"/> is to do before.</param>
    public static ProcessUsage Of(int process, byte wish = StartupHook.Nothing)
    {
        var cpu = CpuOf(process);
        var (allocated, collections, full, compiled, live) = Ask(process, wish);
        return new(cpu, allocated, collections, full, compiled, live);
    }

    /// <summary>CPU time of the process and all it has started.</summary>
    public static TimeSpan CpuOf(int process) => TimeSpan.FromSeconds((double)Family(process).Sum(CpuTicksOf) / TicksPerSecond);

    /// <summary>CPU time of the whole machine, with what its host took from it.</summary>
    public static TimeSpan CpuOfMachine()
    {
        const int Idle = 3, WaitsForDisk = 4, Counted = 8;
        var ticks = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..]
            .Select(field => long.Parse(field, CultureInfo.InvariantCulture)).Take(Counted).ToArray();
        return TimeSpan.FromSeconds((double)(ticks.Sum() - ticks[Idle] - ticks[WaitsForDisk]) / TicksPerSecond);
    }

    public static int ParentOf(int process) => int.Parse(FieldsOf($"{process}")[ParentField], CultureInfo.InvariantCulture);

    /// <summary>Memory that is resident, of the process and all it has started; what several share is counted for each.</summary>
    public static long ResidentBytesOf(int process) => Family(process).Sum(ResidentOf);

    private static List<int> Family(int root)
    {
        var family = new List<int> { root };
        var parents = Directory.EnumerateDirectories("/proc").Select(folder => Path.GetFileName(folder)!).Where(name => char.IsAsciiDigit(name[0]))
            .Select(name => (Id: int.Parse(name, CultureInfo.InvariantCulture), Fields: FieldsOf(name)))
            .Where(process => process.Fields.Length > 0)
            .ToLookup(process => int.Parse(process.Fields[ParentField], CultureInfo.InvariantCulture), process => process.Id);
        for (var at = 0; at < family.Count; at++) { family.AddRange(parents[family[at]]); }
        return family;
    }

    private static long CpuTicksOf(int process) => FieldsOf($"{process}") is { Length: > 0 } fields
        ? long.Parse(fields[UserField], CultureInfo.InvariantCulture) + long.Parse(fields[KernelField], CultureInfo.InvariantCulture)
        : 0;

    /// <summary>Those after the name, which may have blanks in it; none when the process is gone.</summary>
    private static string[] FieldsOf(string process)
    {
        try
        {
            var line = File.ReadAllText($"/proc/{process}/stat");
            return line[(line.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static long ResidentOf(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)) ?? "VmRSS: 0 kB";
            return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>Asks the <see cref="StartupHook"/>.</summary>
    private static (long? Allocated, int Collections, int Full, int Compiled, long Live) Ask(int process, byte wish)
    {
        var path = Path.Combine(Environment.GetEnvironmentVariable(StartupHook.FolderVariable) ?? "", $"{process}.sock");
        if (!File.Exists(path)) { return (null, 0, 0, 0, 0); }
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        socket.Send([wish]);
        using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        var numbers = reader.ReadToEnd().Split(' ').Select(word => long.Parse(word, CultureInfo.InvariantCulture)).ToArray();
        return (numbers[0], (int)numbers[1], (int)numbers[2], (int)numbers[3], numbers[4]);
    }
}
