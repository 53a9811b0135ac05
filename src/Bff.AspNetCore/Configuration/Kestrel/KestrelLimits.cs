using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Bff.Configuration.Kestrel;

/// <summary><c>Kestrel:Limits</c>, which Kestrel does not take from the configuration by itself.</summary>
internal static class KestrelLimits
{
    public const string Section = KestrelSettings.Section + ":Limits";

    /// <summary>What one connection may make us hold of a body nobody reads. The network's own buffers do the rest.</summary>
    private const long DefaultRequestBuffer = 128 * 1024;

    private static readonly string[] DataRates = [nameof(KestrelServerLimits.MinRequestBodyDataRate), nameof(KestrelServerLimits.MinResponseDataRate)];

    /// <summary>Sets what the configuration says about limits; a route's own setting wins, since YARP sets it for each request.</summary>
    public static void Apply(IConfiguration configuration, KestrelServerLimits limits)
    {
        // Our defaults come first, inside, so that a configured limit is what counts.
        foreach (var _ in Mistakes(configuration, limits))
        {
            // Reading them is setting them; the mistakes were said by the check.
        }
    }

    public static List<string> Mistakes(IConfiguration configuration, KestrelServerLimits limits)
    {
        var mistakes = new List<string>();
        var given = configuration.GetSection(Section);
        limits.MaxRequestBufferSize = DefaultRequestBuffer;
        limits.Http2.InitialConnectionWindowSize = limits.Http2.InitialStreamWindowSize = (int)DefaultRequestBuffer;
        foreach (var (key, value) in given.AsEnumerable(makePathsRelative: true))
        {
            if (string.IsNullOrEmpty(value) || DataRates.Any(rate => key.StartsWith(rate + ":", StringComparison.OrdinalIgnoreCase))) { continue; }
            Try($"{Section}:{key}", () => new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create(key, (string?)value)]).Build().Bind(limits));
        }

        Try($"{Section}:{DataRates[0]}", () => limits.MinRequestBodyDataRate = Rate(given.GetSection(DataRates[0]), limits.MinRequestBodyDataRate));
        Try($"{Section}:{DataRates[1]}", () => limits.MinResponseDataRate = Rate(given.GetSection(DataRates[1]), limits.MinResponseDataRate));
        if (string.IsNullOrEmpty(given[nameof(limits.MaxRequestBufferSize)]))
        {
            limits.MaxRequestBufferSize = Math.Max(DefaultRequestBuffer, Math.Max(limits.MaxRequestLineSize, limits.MaxRequestHeadersTotalSize));
        }

        if (limits.MaxRequestBufferSize < limits.MaxRequestLineSize) { mistakes.Add(TooSmall(nameof(limits.MaxRequestLineSize), limits.MaxRequestLineSize)); }
        if (limits.MaxRequestBufferSize < limits.MaxRequestHeadersTotalSize)
        {
            mistakes.Add(TooSmall(nameof(limits.MaxRequestHeadersTotalSize), limits.MaxRequestHeadersTotalSize));
        }

        return mistakes;

        static string TooSmall(string name, int size) => $"{Section}:MaxRequestBufferSize: must not be smaller than {name} ({size}).";

        void Try(string key, Action set)
        {
            try
            {
                set();
            }
            catch (Exception error) when (error is InvalidOperationException or FormatException)
            {
                mistakes.Add($"{key}: cannot be read as what it should be: a number, true or false, or a time span (hh:mm:ss).");
            }
            catch (Exception error) when (error is ArgumentException or OverflowException or TargetInvocationException)
            {
                var cause = error.GetBaseException().Message;
                mistakes.Add($"{key}: {cause.Split(Environment.NewLine)[0].Split(" (Parameter", 2)[0].TrimEnd('.')}.");
            }
        }
    }

    /// <summary>0 bytes per second: no rate is asked for.</summary>
    private static MinDataRate? Rate(IConfigurationSection given, MinDataRate? usual)
    {
        if (!given.Exists()) { return usual; }
        var (number, time) = (given[nameof(MinDataRate.BytesPerSecond)], given[nameof(MinDataRate.GracePeriod)]);
        var bytes = string.IsNullOrEmpty(number) ? usual!.BytesPerSecond : double.Parse(number, CultureInfo.InvariantCulture);
        var grace = string.IsNullOrEmpty(time) ? usual!.GracePeriod : TimeSpan.Parse(time, CultureInfo.InvariantCulture);
        return bytes == 0 ? null : new MinDataRate(bytes, grace);
    }
}
