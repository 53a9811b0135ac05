using System.ComponentModel;
using System.Text.Json;
using Bff.Configuration;
using Bff.Hosting;
using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Json;

namespace Bff.Commands;

/// <summary><c>bff config</c>: every key that counts, where its value comes from, and of the values what is known to be harmless.</summary>
internal static class ConfigCommand
{
    private static readonly string[] Roots =
        ["Bff", "ReverseProxy", "Kestrel", WebHostDefaults.ServerUrlsKey, WebHostDefaults.HttpPortsKey, WebHostDefaults.HttpsPortsKey];

    /// <param name="args">The settings on the command line.</param>
    /// <param name="composed">Knows the options of every feature; its own configuration has been worked on, so the values are read afresh.</param>
    /// <param name="json">Whether for a program.</param>
    public static int Run(string[] args, WebApplicationBuilder composed, bool json)
    {
        var configuration = ConfigurationFiles.CreateBuilder(args, WebApplication.CreateBuilder).Configuration;
        var printed = new SecretMask(new SettingsSchema(Sections(composed.Services)));
        var lines = new SortedDictionary<string, (string Value, string Source)>(ConfigurationKeyComparer.Instance.AsStrings());
        foreach (var (key, value) in Roots.SelectMany(root => configuration.GetSection(root).AsEnumerable()))
        {
            if (!string.IsNullOrEmpty(value)) { lines[key] = (Show(printed, key, value), Source(configuration, key)); }
        }

        var sections = Sections(composed.Services).SelectMany(section => section.In(configuration)).ToList();
        foreach (var (key, (value, preset)) in PresetLines.Beneath(Snapshot.Of(configuration), sections))
        {
            lines[key] = (Show(printed, key, value), $"preset {Printable.Text(preset)}");
        }

        foreach (var (key, value) in sections.SelectMany(section => Defaults(section.Path, section.Options)))
        {
            if (!lines.ContainsKey(key) && !configuration.GetSection(key).Exists()) { lines[key] = (value, "default"); }
        }

        if (!Roots.Skip(3).Any(lines.ContainsKey) && !Listening.HasPublicEndpoint(configuration))
        {
            lines[WebHostDefaults.ServerUrlsKey] = (Listening.DefaultAddress, "default");
        }

        if (json)
        {
            Console.WriteLine(
                JsonSerializer.Serialize(
                    new { Settings = lines.Select(line => new { line.Key, line.Value.Value, line.Value.Source }) }, JsonSerializerOptions.Web));
            return ExitCodes.Ok;
        }

        foreach (var (key, (value, source)) in lines) { Console.WriteLine($"{Printable.Text(key)} = {value} ({source})"); }
        return ExitCodes.Ok;
    }

    /// <summary>Kestrel's own lists of addresses and ports, and everything else by its schema.</summary>
    private static string Show(SecretMask printed, string key, string value) => Roots.Skip(3).Contains(key, StringComparer.OrdinalIgnoreCase)
        ? string.Join(';', value.Split(';').Select(part => part.All(char.IsAsciiDigit) ? part : Printable.Address(part))) : printed.Show(key, value);

    private static IEnumerable<SettingsSection> Sections(IServiceCollection services) =>
        services.Select(service => service.ImplementationInstance).OfType<SettingsSection>();

    private static IEnumerable<(string Key, string Value)> Defaults(string path, Type type)
    {
        var options = Activator.CreateInstance(type);
        foreach (var property in type.GetProperties().Where(property => property.CanWrite && !SettingValue.IsList(property.PropertyType)))
        {
            var key = $"{path}:{property.Name}";
            if (SettingValue.IsNested(property.PropertyType))
            {
                foreach (var nested in Defaults(key, property.PropertyType)) { yield return nested; }
            }
            else if (property.GetValue(options) is { } value and not "")
            {
                yield return (key, TypeDescriptor.GetConverter(property.PropertyType).ConvertToInvariantString(value)!);
            }
        }
    }

    private static string Source(IConfigurationRoot configuration, string key) => configuration.Providers.Last(provider => provider.TryGet(key, out _)) switch
    {
        JsonConfigurationProvider { Source: ConfigurationFiles.NamedSource named } => Printable.Text(named.FullName),
        JsonConfigurationProvider file => file.Source.Path ?? "a JSON file",
        EnvironmentVariablesConfigurationProvider => "environment",
        CommandLineConfigurationProvider => "command line",
        var other => other.GetType().Name,
    };

    /// <summary>Sorts <c>:10</c> after <c>:9</c>, as the configuration does.</summary>
    private static Comparer<string> AsStrings(this ConfigurationKeyComparer comparer) => Comparer<string>.Create(comparer.Compare);
}
