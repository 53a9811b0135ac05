using System.Collections;
using System.Security.Authentication;
using Bff.Configuration.Kestrel;
using Yarp.ReverseProxy.Configuration;

namespace Bff.Configuration;

/// <summary>Which keys there are: ours from the options classes, YARP's and Kestrel's from the types they are bound to.</summary>
internal sealed class SettingsSchema(IEnumerable<SettingsSection> sections)
{
    private readonly IReadOnlyList<SettingsSection> _sections = [.. sections];

    /// <summary>Types of one value, whatever properties they have.</summary>
    private static readonly Type[] Values = [typeof(string), typeof(TimeSpan), typeof(Version), typeof(Uri)];

    private sealed record ReverseProxy(IReadOnlyDictionary<string, RouteConfig>? Routes, IReadOnlyDictionary<string, ClusterConfig>? Clusters);

    /// <summary>What a value at this key is read as; null when nothing reads it.</summary>
    public Type? TypeOf(string key)
    {
        var segments = key.Split(':');
        if (Root(segments[0]) is { } root) { return Walk(root, segments.AsSpan(1), out _); }
        return _sections.Select(section => section.Below(key) is { Length: > 0 } below ? Walk(section.Options, below, out _) : null)
            .Select(type => type is not null && IsList(type) ? Element(type) : type).FirstOrDefault(type => type is not null);
    }

    /// <summary>Keys of YARP and Kestrel that nobody reads. A misspelt one would quietly leave out what it should have said, such as who may come.</summary>
    public static IEnumerable<string> UnknownKeys(IEnumerable<string> keys) => keys.Select(Unknown).OfType<string>().Distinct();

    /// <summary>
    /// Values of YARP and Kestrel that are not of their key's type. YARP names no key when it cannot read one, and both pass over a value that stands where a
    /// list or a section should: <c>Methods: GET</c> would let every method in.
    /// </summary>
    public static IEnumerable<string> UnreadableValues(IReadOnlyDictionary<string, string?> values) =>
        from pair in values
        // those are tried out
        where !string.IsNullOrEmpty(pair.Value) && !pair.Key.StartsWith(KestrelLimits.Section + ":", StringComparison.OrdinalIgnoreCase)
        let mistake = Unreadable(pair.Key, pair.Value)
        where mistake is not null
        orderby pair.Key
        select mistake;

    private static string? Unreadable(string key, string value)
    {
        var segments = key.Split(':');
        if (Root(segments[0]) is not { } root || Walk(root, segments.AsSpan(1), out _) is not { } type || type == typeof(string)) { return null; }
        if (IsList(type) || (type == typeof(SslProtocols) && !int.TryParse(segments[^1], out _)))
        {
            return $"{key}: is a list; set {key}:0, {key}:1 and so on.";
        }
        if (Names(type).Length > 0 || Element(type) is not null) { return $"{key}: has settings below it and no value of its own."; }
        if (type == typeof(Version) && !value.Contains('.', StringComparison.Ordinal)) { value += ".0"; }   // as YARP does
        return SettingValue.CanRead(value, type) ? null : $"{key}: '{value}' cannot be read as {SettingValue.Describe(type)}.";
    }

    private static bool IsList(Type type) => type != typeof(string) && Element(type) is not null && !type.GetInterfaces().Append(type).Any(IsDictionary);

    private static bool IsDictionary(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>);

    private static Type? Root(string section) =>
        Is(section, "ReverseProxy") ? typeof(ReverseProxy) : Is(section, KestrelSettings.Section) ? typeof(KestrelSettings.Schema) : null;

    private static string? Unknown(string key)
    {
        var segments = key.Split(':');
        var root = Root(segments[0]);
        if (root is null || Walk(root, segments.AsSpan(1), out var unknown) is not null) { return null; }
        var (at, there) = unknown!.Value;
        var path = string.Join(':', segments[..(at + 2)].AsEnumerable());
        return there.Length == 0
            ? $"{path}: nothing can be set below {string.Join(':', segments[..(at + 1)].AsEnumerable())}."
            : $"{path}: is not a setting. There are: {string.Join(", ", there)}.";
    }

    private static Type? Walk(Type type, ReadOnlySpan<string> segments, out (int At, string[] There)? unknown)
    {
        unknown = null;
        for (var i = 0; i < segments.Length; i++)
        {
            var name = segments[i];
            if (Element(type) is { } element)
            {
                type = element;
                continue;
            }

            if (type.IsEnum && int.TryParse(name, out _)) { continue; }   // flags, as a list
            var names = Names(type);
            if (names.FirstOrDefault(known => Is(known, name)) is not { } found)
            {
                unknown = (i, [.. names.Order(StringComparer.Ordinal)]);
                return null;
            }

            type = type.GetProperties().First(property => property.Name == found).PropertyType;
            type = Nullable.GetUnderlyingType(type) ?? type;
        }

        return type;
    }

    /// <summary>What a list or a dictionary holds.</summary>
    private static Type? Element(Type type)
    {
        if (type == typeof(string) || !typeof(IEnumerable).IsAssignableFrom(type)) { return null; }
        return type.IsArray ? type.GetElementType() : type.GetGenericArguments()[^1];
    }

    private static string[] Names(Type type) => type.IsPrimitive || type.IsEnum || Values.Contains(type)
        ? [] : [.. type.GetProperties().Where(property => property.GetIndexParameters().Length == 0).Select(property => property.Name)];

    private static bool Is(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
}
