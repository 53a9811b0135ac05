using System.Collections;
using Yarp.ReverseProxy.Configuration;

namespace Bff;

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
        if (Is(segments[0], "ReverseProxy")) { return Walk(typeof(ReverseProxy), segments.AsSpan(1), out _); }
        if (Is(segments[0], KestrelSettings.Section)) { return Walk(typeof(KestrelSettings.Schema), segments.AsSpan(1), out _); }
        return _sections.Where(section => key.StartsWith(section.Path + ":", StringComparison.OrdinalIgnoreCase))
            .Select(section => Walk(section.Options, key[(section.Path.Length + 1)..].Split(':'), out _)).FirstOrDefault(type => type is not null);
    }

    /// <summary>Keys of YARP and Kestrel that nobody reads. A misspelt one would quietly leave out what it should have said, such as who may come.</summary>
    public static IEnumerable<string> UnknownKeys(IEnumerable<string> keys) => keys.Select(Unknown).OfType<string>().Distinct();

    private static string? Unknown(string key)
    {
        var segments = key.Split(':');
        var root = Is(segments[0], "ReverseProxy") ? typeof(ReverseProxy) : Is(segments[0], KestrelSettings.Section) ? typeof(KestrelSettings.Schema) : null;
        if (root is null || Walk(root, segments.AsSpan(1), out var unknown) is not null) { return null; }
        var (at, there) = unknown!.Value;
        var path = string.Join(':', segments[..(at + 2)].AsEnumerable());
        return there.Length == 0
            ? $"{path}: there is nothing to set below {string.Join(':', segments[..(at + 1)].AsEnumerable())}."
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
