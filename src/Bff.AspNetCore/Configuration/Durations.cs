using System.ComponentModel;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Bff.Configuration;

/// <summary>
/// How durations are written: <c>5m</c>, <c>1h30m</c>, <c>10s</c>, <c>250ms</c>, <c>2d</c>, or .NET's <c>[d.]hh:mm:ss</c>. A number alone is refused, since
/// .NET takes it for days; but 0 is 0.
/// </summary>
internal static partial class Durations
{
    public const string Format = "a duration, such as 10s, 5m, 1h30m, 2d or 00:05:00";

    private static readonly Lazy<TypeDescriptionProvider> Registered = new(
        () => TypeDescriptor.AddAttributes(typeof(TimeSpan), new TypeConverterAttribute(typeof(Converter))));

    /// <summary>
    /// From here on whatever binds a configuration in this process reads durations like this, too. What only .NET can read stays as it was: the settings of the
    /// program around us are its own. YARP reads its own (<see cref="ConfigurationReader"/>).
    /// </summary>
    public static void ReadEverywhere() => _ = Registered.Value;

    public static bool TryParse(string text, out TimeSpan duration)
    {
        text = text.Trim();
        if (text == "0" || !text.All(char.IsAsciiDigit))
        {
            if (TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out duration) && (text == "0" || text.Contains(':', StringComparison.Ordinal)))
            {
                return true;
            }
            if (Units().Match(text) is { Success: true, Length: > 0 } units) { return TryAdd(units, out duration); }
        }

        duration = default;
        return false;
    }

    /// <summary>What is wrong with a text that is no duration, and what was most likely meant.</summary>
    public static string Explain(string text) =>
        LacksUnit(text) ? $"'{text}' has no unit: write {text}s, {text}m or {text}h" : $"'{text}' cannot be read as {Format}";

    /// <summary>A number alone, and too short to be somebody's secret in the wrong place.</summary>
    public static bool LacksUnit(string text) => text.Length is > 0 and < 6 && text.All(char.IsAsciiDigit);

    private static bool TryAdd(Match units, out TimeSpan duration)
    {
        duration = default;
        try
        {
            foreach (var (name, unit) in new[] { ("d", TimeSpan.TicksPerDay), ("h", TimeSpan.TicksPerHour), ("m", TimeSpan.TicksPerMinute),
                ("s", TimeSpan.TicksPerSecond), ("ms", TimeSpan.TicksPerMillisecond) })
            {
                if (units.Groups[name].Success)
                {
                    duration += TimeSpan.FromTicks((long)checked(decimal.Parse(units.Groups[name].Value, CultureInfo.InvariantCulture) * unit));
                }
            }

            return true;
        }
        catch (OverflowException)
        {
            return false;
        }
    }

    [GeneratedRegex(
        @"^((?<d>[0-9]+(\.[0-9]+)?)d)?((?<h>[0-9]+(\.[0-9]+)?)h)?((?<m>[0-9]+(\.[0-9]+)?)m)?"
        + @"((?<s>[0-9]+(\.[0-9]+)?)s)?((?<ms>[0-9]+(\.[0-9]+)?)ms)?$",
        RegexOptions.CultureInvariant)]
    private static partial Regex Units();

    private sealed class Converter : TimeSpanConverter
    {
        public override object? ConvertFrom(ITypeDescriptorContext? context, CultureInfo? culture, object value) =>
            value is string text && TryParse(text, out var duration) ? duration : base.ConvertFrom(context, culture, value);
    }
}
