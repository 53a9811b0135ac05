using System.Collections;
using System.ComponentModel;
using System.Globalization;

namespace Bff.Configuration;

/// <summary>A setting's text and the type it is read as.</summary>
internal static class SettingValue
{
    /// <summary>Whether the text is one of this type, as the binder reads it; a duration, as we want it written.</summary>
    public static bool CanRead(string value, Type type)
    {
        if ((Nullable.GetUnderlyingType(type) ?? type) == typeof(TimeSpan)) { return Durations.TryParse(value, out _); }
        try
        {
            return TypeDescriptor.GetConverter(type).ConvertFromInvariantString(value) is not null;
        }
        catch (Exception error) when (error is FormatException or ArgumentException or NotSupportedException or OverflowException or InvalidCastException)
        {
            return false;
        }
    }

    /// <summary>What a value of this type looks like, in words.</summary>
    public static string Describe(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var t when t == typeof(TimeSpan) => "a time span (hh:mm:ss)",
        var t when t == typeof(double) => "a number",
        var t when t == typeof(Version) => "a version (2 or 1.1)",
        var t when t == typeof(Uri) => "an address",
        var t when t == typeof(bool) => "true or false",
        var t when t == typeof(int) || t == typeof(long) || t == typeof(uint) => "a whole number",
        { IsEnum: true } t => "one of " + string.Join(", ", NamesOf(t)),
        var t => t.Name,
    };

    /// <summary>Of a choice. One below zero is the framework's word for one that is not made (<c>SameSiteMode.Unspecified</c>): nobody can choose it.</summary>
    public static IEnumerable<string> NamesOf(Type choice) =>
        Enum.GetNames(choice).Where(name => Convert.ToDecimal(Enum.Parse(choice, name), CultureInfo.InvariantCulture) >= 0);

    /// <summary>A list keeps its default only while the configuration says nothing: the binder would append to it.</summary>
    public static bool IsList(Type type) => type != typeof(string) && typeof(IEnumerable).IsAssignableFrom(type);

    /// <summary>Values under names that the operator gives them.</summary>
    public static bool IsDictionary(Type type) => typeof(IDictionary).IsAssignableFrom(type);

    /// <summary>A section of settings in a section.</summary>
    public static bool IsNested(Type type) => type.IsClass && type.Namespace?.StartsWith(nameof(Bff), StringComparison.Ordinal) == true;
}
