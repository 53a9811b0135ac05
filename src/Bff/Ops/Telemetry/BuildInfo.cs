using System.Diagnostics.Metrics;
using System.Reflection;

namespace Bff.Ops.Telemetry;

/// <summary>Which Bff this is: a metric that is always 1, for its labels (meter <c>Bff.Build</c>).</summary>
internal sealed class BuildInfo : IDisposable
{
    public const string MeterName = "Bff.Build";

    private readonly Meter _meter;

    public BuildInfo(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        var (version, commit) = Read();
        _meter.CreateObservableGauge("bff.build.info", () => new Measurement<int>(1, new("version", version), new("commit", commit)), unit: null,
            "Always 1; version and commit are its labels.");
    }

    /// <summary>As in the informational version of the build, <c>1.2.3+commit</c>.</summary>
    public static (string Version, string Commit) Read()
    {
        var parts = (typeof(BuildInfo).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown").Split('+', 2);
        return (parts[0], parts is [_, { Length: > 0 } commit] ? commit : "unknown");
    }

    public void Dispose() => _meter.Dispose();
}
