using System.ComponentModel;
using System.Reflection;
using Bff.Reload;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;

namespace Bff;

/// <summary>The configuration is wrong; every mistake is listed under its key.</summary>
internal sealed class ConfigurationException(IReadOnlyList<string> mistakes)
    : Exception("The configuration has mistakes:" + string.Concat(mistakes.Select(mistake => Environment.NewLine + "  - " + mistake)))
{
    public IReadOnlyList<string> Mistakes => mistakes;
}

/// <summary>Reads the whole configuration, before anything starts and before a changed one is put to use, and lists every mistake at once.</summary>
internal static class StartupCheck
{
    /// <exception cref="ConfigurationException">There is at least one mistake.</exception>
    public static async Task CheckConfigurationAsync(this WebApplication app)
    {
        var mistakes = await MistakesAsync(app.Services, app.Configuration);
        if (mistakes.Count > 0) { throw new ConfigurationException(mistakes); }
        app.Services.GetRequiredService<AcceptedConfiguration>().Accept(Snapshot.WithSecrets(Snapshot.Of(app.Configuration), app.Services.GetServices<SettingsSection>()));
    }

    public static async Task<List<string>> MistakesAsync(IServiceProvider services, IConfiguration configuration)
    {
        var sections = services.GetServices<SettingsSection>().ToList();
        var mistakes = UnknownKeys(configuration, sections).ToList();
        foreach (var section in sections)
        {
            var unreadable = UnreadableValues(configuration.GetSection(section.Path), section.Options).ToList();
            mistakes.AddRange(unreadable.Select(value => value.Mistake));
            mistakes.AddRange(Refusals(services, configuration.GetSection(section.Path), section, [.. unreadable.Select(value => value.Property)]));
        }

        mistakes.AddRange(await ProxyMistakesAsync(services, configuration));
        return mistakes;
    }

    private static IEnumerable<string> UnknownKeys(IConfiguration configuration, IReadOnlyList<SettingsSection> sections)
    {
        foreach (var group in sections.GroupBy(section => section.Path))
        {
            var known = group.SelectMany(section => Writable(section.Options)).Select(property => property.Name)
                .Concat(sections.Where(other => other.Path.StartsWith(group.Key + ":", StringComparison.Ordinal)).Select(other => other.Path[(group.Key.Length + 1)..]))
                .ToHashSet(StringComparer.OrdinalIgnoreCase);
            foreach (var child in configuration.GetSection(group.Key).GetChildren().Where(child => !known.Contains(child.Key)))
            {
                yield return $"{child.Path}: is not a setting. There are: {string.Join(", ", known.Order(StringComparer.Ordinal))}.";
            }
        }
    }

    private static IEnumerable<(string Property, string Mistake)> UnreadableValues(IConfigurationSection section, Type options)
    {
        foreach (var property in Writable(options))
        {
            var given = section.GetSection(property.Name);
            if (Settings.IsList(property.PropertyType))
            {
                if (!string.IsNullOrEmpty(given.Value)) { yield return (property.Name, $"{given.Path}: is a list; set {given.Path}:0, {given.Path}:1 and so on."); }
            }
            else if (given.Value is { Length: > 0 } value && !CanRead(value, property.PropertyType))
            {
                yield return (property.Name, $"{given.Path}: '{value}' cannot be read as {Describe(property.PropertyType)}.");
            }
        }
    }

    private static IEnumerable<PropertyInfo> Writable(Type options) => options.GetProperties().Where(property => property.CanWrite);

    private static bool CanRead(string value, Type type)
    {
        try
        {
            return TypeDescriptor.GetConverter(type).ConvertFromInvariantString(value) is not null;
        }
        catch (Exception error) when (error is FormatException or ArgumentException or NotSupportedException or OverflowException or InvalidCastException)
        {
            return false;
        }
    }

    private static string Describe(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var t when t == typeof(TimeSpan) => "a time span (hh:mm:ss)",
        var t when t == typeof(bool) => "true or false",
        var t when t == typeof(int) => "a whole number",
        { IsEnum: true } t => "one of " + string.Join(", ", Enum.GetNames(t)),
        var t => t.Name,
    };

    /// <summary>What the validators say, with the values that cannot be read left at their defaults.</summary>
    private static IEnumerable<string> Refusals(IServiceProvider services, IConfigurationSection given, SettingsSection section, IReadOnlyCollection<string> unreadable)
    {
        var readable = new ConfigurationBuilder()
            .AddInMemoryCollection(given.AsEnumerable(makePathsRelative: true)
                .Where(pair => !unreadable.Contains(pair.Key, StringComparer.OrdinalIgnoreCase)))
            .Build();
        var options = Activator.CreateInstance(section.Options)!;
        readable.Bind(options);
        return (IEnumerable<string>)typeof(StartupCheck).GetMethod(nameof(Failures), BindingFlags.Static | BindingFlags.NonPublic)!
            .MakeGenericMethod(section.Options).Invoke(null, [services, options])!;
    }

    private static IEnumerable<string> Failures<T>(IServiceProvider services, T options)
        where T : class => [.. services.GetServices<IValidateOptions<T>>().SelectMany(validator => validator.Validate(Options.DefaultName, options).Failures ?? [])];

    private static async Task<IEnumerable<string>> ProxyMistakesAsync(IServiceProvider services, IConfiguration configuration)
    {
        var validator = services.GetRequiredService<IConfigValidator>();
        var found = new List<string>();
        await using var yarp = new ServiceCollection().AddLogging().AddReverseProxy().LoadFromConfig(configuration.GetSection("ReverseProxy")).Services.BuildServiceProvider();
        IProxyConfig config;
        try
        {
            config = yarp.GetRequiredService<IProxyConfigProvider>().GetConfig();
        }
        catch (Exception error) when (error is FormatException or ArgumentException or InvalidOperationException or OverflowException)
        {
            return [$"ReverseProxy: {error.Message}"];
        }

        foreach (var route in config.Routes)
        {
            found.AddRange((await validator.ValidateRouteAsync(route)).Select(error => Keyed($"ReverseProxy:Routes:{route.RouteId}", error)));
            if (route.ClusterId is null || config.Clusters.All(cluster => cluster.ClusterId != route.ClusterId))
            {
                found.Add($"ReverseProxy:Routes:{route.RouteId}:ClusterId: there is no cluster '{route.ClusterId}' under ReverseProxy:Clusters. Add it, or name one of: {string.Join(", ", config.Clusters.Select(cluster => cluster.ClusterId))}.");
            }
        }

        foreach (var cluster in config.Clusters)
        {
            found.AddRange((await validator.ValidateClusterAsync(cluster)).Select(error => Keyed($"ReverseProxy:Clusters:{cluster.ClusterId}", error)));
        }

        return found;
    }

    private static string Keyed(string key, Exception error) =>
        error.Message.StartsWith("ReverseProxy:", StringComparison.Ordinal) ? error.Message : $"{key}: {error.Message}";
}
