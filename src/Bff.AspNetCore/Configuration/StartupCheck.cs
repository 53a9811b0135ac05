using System.Globalization;
using System.Reflection;
using Bff.Configuration.Kestrel;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;

namespace Bff.Configuration;

/// <summary>Reads the whole configuration, before anything starts and before a changed one is put to use, and lists every mistake at once.</summary>
internal static class StartupCheck
{
    /// <exception cref="ConfigurationException">There is at least one mistake.</exception>
    public static async Task CheckConfigurationAsync(this WebApplication app)
    {
        var reading = app.Services.GetRequiredService<ConfigurationReader>().Read();
        var mistakes = await MistakesAsync(app.Services, reading);
        if (mistakes.Count > 0) { throw new ConfigurationException(mistakes); }
        app.Services.GetRequiredService<ServerCertificates>().Use(Snapshot.Restore(reading.Values), reading.Certificates);
        app.Services.GetRequiredService<AcceptedConfiguration>().Accept(reading.Values, reading.Files);
    }

    /// <summary>Everything that is wrong with it, fit to be printed: nothing secret, and nothing that would break a line.</summary>
    public static async Task<List<string>> MistakesAsync(IServiceProvider services, Reading reading)
    {
        var sections = services.GetServices<SettingsSection>().ToList();
        var printed = new SecretMask(new SettingsSchema(sections));
        if (!reading.IsWhole) { return [.. reading.Mistakes.Select(mistake => printed.Scrub(mistake, reading.Values))]; }
        var configuration = Snapshot.Restore(reading.Values);
        var found = UnknownKeys(configuration, sections).Concat(SettingsSchema.UnknownKeys(reading.Values.Keys)).ToList();
        found.AddRange(sections.Where(section => section.IsNamed).SelectMany(section => Unnamed(configuration.GetSection(section.Path), section.Reserved)));
        foreach (var section in sections.SelectMany(section => section.In(configuration)))
        {
            var unreadable = UnreadableValues(configuration.GetSection(section.Path), section.Options).ToList();
            found.AddRange(unreadable.Select(value => value.Mistake));
            found.AddRange(Refusals(services, configuration.GetSection(section.Path), section, [.. unreadable.Select(value => value.Property)]));
        }

        found.AddRange(services.GetServices<ConfigurationRule>().SelectMany(rule => rule.Mistakes(configuration)));
        var ofOthers = SettingsSchema.UnreadableValues(reading.Values).ToList();
        found.AddRange(ofOthers);
        found.AddRange(KestrelSettings.Mistakes(configuration, reading.Certificates));
        if (!ofOthers.Exists(mistake => mistake.StartsWith(RouteCheck.Section, StringComparison.OrdinalIgnoreCase)))   // else YARP cannot read it as a whole
        {
            var ofCode = services.GetRequiredService<IOptions<AuthorizationOptions>>().Value;
            found.AddRange(await RouteCheck.MistakesAsync(
                services.GetRequiredService<IConfigValidator>(), configuration, policy => ofCode.GetPolicy(policy) is not null));
        }

        // A secret whose file is the mistake is not missing besides.
        var ofSecrets = reading.Mistakes.Select(mistake => mistake.Split(": ", 2)[0])
            .Select(key => (key.EndsWith("File", StringComparison.OrdinalIgnoreCase) ? key[..^"File".Length] : key) + ": ").ToList();
        return [.. reading.Mistakes.Concat(found.Where(mistake => !ofSecrets.Exists(key => mistake.StartsWith(key, StringComparison.OrdinalIgnoreCase))))
            .Select(mistake => printed.Scrub(mistake, reading.Values))];
    }

    private static IEnumerable<string> UnknownKeys(IConfiguration configuration, IReadOnlyList<SettingsSection> sections)
    {
        foreach (var group in sections.SelectMany(section => section.In(configuration)).GroupBy(section => section.Path))
        {
            var known = group.SelectMany(section => Writable(section.Options)).Select(property => property.Name)
                .Concat(
                    sections.Where(
                        other => other.Path.StartsWith(group.Key + ":", StringComparison.Ordinal)).Select(other => other.Path[(group.Key.Length + 1)..]))
                .ToHashSet(StringComparer.OrdinalIgnoreCase);
            foreach (var mistake in UnknownKeys(configuration.GetSection(group.Key), known)) { yield return mistake; }
            foreach (var nested in group.SelectMany(section => Writable(section.Options)).Where(property => SettingValue.IsNested(property.PropertyType)))
            {
                var names = Writable(nested.PropertyType).Select(property => property.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
                foreach (var mistake in UnknownKeys(configuration.GetSection($"{group.Key}:{nested.Name}"), names)) { yield return mistake; }
            }
        }
    }

    private static IEnumerable<string> UnknownKeys(IConfigurationSection section, HashSet<string> known) =>
        section.GetChildren().Where(child => !known.Contains(child.Key))
            .Select(child => $"{child.Path}: is not a setting. There are: {string.Join(", ", known.Order(StringComparer.Ordinal))}.");

    private static IEnumerable<(string Property, string Mistake)> UnreadableValues(IConfigurationSection section, Type options)
    {
        foreach (var property in Writable(options))
        {
            var given = section.GetSection(property.Name);
            if (SettingValue.IsNested(property.PropertyType) || SettingValue.IsDictionary(property.PropertyType))
            {
                if (!string.IsNullOrEmpty(given.Value)) { yield return (property.Name, $"{given.Path}: has settings below it and no value of its own."); }
                if (SettingValue.IsDictionary(property.PropertyType))
                {
                    foreach (var mistake in Nested(given)) { yield return (property.Name, mistake); }
                    continue;
                }

                foreach (var (name, mistake) in UnreadableValues(given, property.PropertyType)) { yield return ($"{property.Name}:{name}", mistake); }
            }
            else if (SettingValue.IsList(property.PropertyType))
            {
                if (!string.IsNullOrEmpty(given.Value))
                {
                    yield return (property.Name, $"{given.Path}: is a list; set {given.Path}:0, {given.Path}:1 and so on.");
                }

                foreach (var mistake in Nested(given)) { yield return (property.Name, mistake); }
            }
            else if (NotOne(given, property.PropertyType) is { } mistake) { yield return (property.Name, mistake); }
            else if (given.Value is { Length: > 0 } value && !SettingValue.CanRead(value, property.PropertyType))
            {
                yield return (property.Name, $"{given.Path}: {Unreadable(value, property.PropertyType)}.");
            }
        }
    }

    /// <summary>A list or section where one value belongs: the binder does not say which key it means.</summary>
    private static string? NotOne(IConfigurationSection given, Type type)
    {
        var below = given.GetChildren().ToList();
        if (below.Count == 0) { return null; }
        var isList = below.TrueForAll(child => int.TryParse(child.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _));
        return $"{given.Path}: is one {(type == typeof(string) ? "text" : "value")}, not a {(isList ? "list" : "section")}.";
    }

    private static IEnumerable<string> Nested(IConfigurationSection list) =>
        list.GetChildren().Select(entry => NotOne(entry, typeof(string))).OfType<string>();

    private static IEnumerable<PropertyInfo> Writable(Type options) => options.GetProperties().Where(property => property.CanWrite);

    private static string Unreadable(string value, Type type) =>
        (Nullable.GetUnderlyingType(type) ?? type) == typeof(TimeSpan)
            ? Durations.Explain(value)
            : $"'{value}' cannot be read as {SettingValue.Describe(type)}";

    /// <summary>What the validators say, with the values that cannot be read left at their defaults.</summary>
    private static IEnumerable<string> Refusals(
        IServiceProvider services, IConfigurationSection given, SettingsSection section, IReadOnlyCollection<string> unreadable)
    {
        var readable = new ConfigurationBuilder()
            .AddInMemoryCollection(given.AsEnumerable(makePathsRelative: true)
                .Where(pair => !unreadable.Any(key => IsAtOrBelow(key, pair.Key))))
            .Build();
        var options = Activator.CreateInstance(section.Options)!;
        readable.Bind(options);
        return (IEnumerable<string>)typeof(StartupCheck).GetMethod(nameof(Failures), BindingFlags.Static | BindingFlags.NonPublic)!
            .MakeGenericMethod(section.Options).Invoke(null, [services, section.Name, options])!;
    }

    private static bool IsAtOrBelow(string key, string other) => other.StartsWith(key, StringComparison.OrdinalIgnoreCase)
        && (other.Length == key.Length || other[key.Length] == ':');

    private static IEnumerable<string> Failures<T>(IServiceProvider services, string name, T options)
        where T : class =>
            [.. services.GetServices<IValidateOptions<T>>().SelectMany(validator => validator.Validate(name, options).Failures ?? [])];

    /// <summary>Names are in addresses, cookies, metrics and log lines.</summary>
    private static IEnumerable<string> Unnamed(IConfigurationSection named, IReadOnlyDictionary<string, string> reserved)
    {
        if (!string.IsNullOrEmpty(named.Value)) { yield return $"{named.Path}: has sections below it, each with a name, and no value of its own."; }
        foreach (var child in named.GetChildren())
        {
            if (child.Key.Length > SettingsSection.MaxName || !child.Key.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-'))
            {
                yield return $"{child.Path}: is not a name: write up to {SettingsSection.MaxName} small letters, digits and '-'.";
            }
            else if (reserved.TryGetValue(child.Key, out var why))
            {
                yield return $"{child.Path}: {why}";
            }
            else if (!string.IsNullOrEmpty(child.Value))
            {
                yield return $"{child.Path}: has settings below it and no value of its own.";
            }
        }
    }
}
