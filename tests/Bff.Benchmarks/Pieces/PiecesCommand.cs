using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace Bff.Benchmarks.Pieces;

/// <summary><c>bench.sh --pieces</c>. In this process: a build of its own for each would be one of the whole tree.</summary>
internal static class PiecesCommand
{
    public static int Run(string root, IReadOnlyList<string> filters)
    {
        var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithIterationCount(15)
            .WithMinIterationTime(TimeInterval.FromMilliseconds(150));
        var config = DefaultConfig.Instance
            .AddJob(job)
            .WithArtifactsPath(Path.Combine(root, "artifacts/bench/pieces"));
        string[] arguments = ["--filter", .. filters.Count > 0 ? filters.Select(filter => $"*{filter}*") : ["*"]];
        return BenchmarkSwitcher.FromTypes([typeof(PiecesOfACall)]).Run(arguments, config).Any() ? 0 : 1;
    }
}
