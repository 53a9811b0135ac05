using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Bff.Configuration;
using Bff.FrontEnds;
using Bff.Guard;
using Bff.Ops;
using Bff.Providers;
using Bff.Sessions;

namespace Bff.Tests.Documentation;

/// <summary>The table of settings in docs/reference.md: every key, with the type, the default, the range and the ↻ its options class gives it.</summary>
public sealed class SettingsReferenceTests
{
    private const string None = "–";

    /// <summary>Defaults that no property holds, since they depend on something else.</summary>
    private static readonly Dictionary<string, string> Computed = new()
    {
        ["Bff:Oidc:MetadataAddress"] = "below the authority",
        ["Bff:Oidc:AllowedLoginParameters"] = Codes(new OidcOptions().EffectiveLoginParameters),
        ["Bff:Oidc:SigningAlgorithms"] = Codes(new OidcOptions().EffectiveSigningAlgorithms),
        ["Bff:Oidc:RequireHttps"] = Code(new OidcOptions { Authority = "http://localhost" }.MustUseHttps(new TestEnvironment())),
        ["Bff:Sessions:ConnectionString"] = Code(SessionsOptions.DefaultConnectionString),
        ["Bff:Spa:SilentPage"] = "`/silent` at the first origin",
        ["Bff:Spa:ExposedHeaders"] = Codes(new SpaOptions().EffectiveExposedHeaders),
        ["Bff:Ops:NodeUrl"] = "port of `Bff:Ops:Url` at this machine's first address",
        ["Bff:Ops:DrainFor"] = Code(OptionText.Duration(new OpsOptions().EffectiveDrain(new TestEnvironment()))),
    };

    [Fact]
    public void Every_setting_has_its_row_with_type_default_range_and_whether_it_needs_a_restart()
    {
        var page = MarkdownTable.Rows(Repository.Read("docs/reference.md"), "Settings")
            .Where(cells => MarkdownTable.Code(cells[0])[0].StartsWith("Bff:", StringComparison.Ordinal))
            .Select(cells => string.Join(" | ", cells[..4])).ToList();
        var settings = Composition.Sections().SelectMany(Expected).ToList();

        settings.Except(page).ShouldBeEmpty("has no such row");
        page.Except(settings).ShouldBeEmpty("is a row of no setting");
        page.ShouldBeUnique();
    }

    /// <summary>What has the settings of another section under a name needs no rows of its own.</summary>
    private static IEnumerable<string> Expected(SettingsSection section) =>
        section.IsNamed && Composition.Sections().Any(other => !other.IsNamed && other.Options == section.Options) ? []
        : Expected(section.IsNamed ? $"{section.Path}:<name>" : section.Path, section.Options);

    private static IEnumerable<string> Expected(string path, Type options)
    {
        var properties = OptionText.Settings(options).ToList();
        var fallback = Activator.CreateInstance(options)!;
        foreach (var property in properties.Where(property => !IsFileOf(property.Name, properties)))
        {
            var key = $"{path}:{property.Name}";
            if (SettingValue.IsNested(property.PropertyType))
            {
                foreach (var row in Expected(key, property.PropertyType)) { yield return row; }
                continue;
            }

            if (SettingValue.IsDictionary(property.PropertyType)) { key += ":<name>"; }
            var file = properties.Exists(other => other.Name == property.Name + "File") ? $" or `{property.Name}File`" : "";
            var restart = property.GetCustomAttribute<NeedsRestartAttribute>() is null ? "" : " ↻";
            var given = Computed.GetValueOrDefault(key) ?? Default(property, property.GetValue(fallback));
            yield return $"{Code(key)}{file}{restart} | {TypeOf(property)} | {given} | {Range(property)}";
        }
    }

    private static bool IsFileOf(string name, List<PropertyInfo> properties) =>
        name.EndsWith("File", StringComparison.Ordinal) && properties.Exists(other => other.Name == name[..^"File".Length]);

    private static string TypeOf(PropertyInfo property)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (property.GetCustomAttribute<AllowedValuesAttribute>() is not null || type.IsEnum) { return "choice"; }
        if (SettingValue.IsDictionary(type)) { return "text"; }
        if (SettingValue.IsList(type)) { return "list"; }
        if (type == typeof(TimeSpan)) { return "duration"; }
        if (type == typeof(bool)) { return "boolean"; }
        return type == typeof(int) ? "number" : "text";
    }

    private static string Default(PropertyInfo property, object? value) => value switch
    {
        _ when property.GetCustomAttribute<RequiredAttribute>() is not null => "required",
        TimeSpan time => Code(OptionText.Duration(time)),
        bool flag => Code(flag),
        null or "" or Array { Length: 0 } or System.Collections.IDictionary => None,
        _ => Code(value),
    };

    private static string Range(PropertyInfo property)
    {
        if (property.GetCustomAttribute<AllowedValuesAttribute>() is { } allowed) { return Codes(allowed.Values); }
        if (property.GetCustomAttribute<RangeAttribute>() is not { } range) { return ""; }
        return range.OperandType == typeof(TimeSpan)
            ? $"{Limit(range.Minimum)} to {Limit(range.Maximum)}" : FormattableString.Invariant($"{range.Minimum:N0} to {range.Maximum:N0}");

        static string Limit(object limit) => OptionText.Duration(TimeSpan.Parse((string)limit, System.Globalization.CultureInfo.InvariantCulture));
    }

    private static string Codes(IEnumerable<object?> values) => string.Join(", ", values.Select(Code));

    private static string Code(object? value) => value is bool flag ? $"`{(flag ? "true" : "false")}`" : $"`{value}`";
}
