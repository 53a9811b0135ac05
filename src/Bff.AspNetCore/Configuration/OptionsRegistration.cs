using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Bff.Configuration;

/// <summary>Binds an options class to its section and names the configuration key in every complaint.</summary>
internal static class OptionsRegistration
{
    /// <param name="services">Where to.</param>
    /// <param name="section">Its key.</param>
    /// <param name="preset">The lines of a preset; see <see cref="SettingsSection.Preset"/>.</param>
    public static OptionsBuilder<T> AddSettings<T>(
        this IServiceCollection services, string section, Func<string, IEnumerable<(string Key, string Value)>>? preset = null)
        where T : class
    {
        services.AddSingleton(new SettingsSection(section, typeof(T)) { Preset = preset });
        services.AddValidation<T>(name => name == Options.DefaultName ? section : null);
        services.AddChanges<T>(Options.DefaultName);
        return services.AddOptions<T>().Configure<AcceptedConfiguration>((options, accepted) => accepted.Root.GetSection(section).Bind(options));
    }

    /// <summary>One set of options for each section below <paramref name="section"/>, by its name.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="section">Has one section for each name.</param>
    /// <param name="names">Those whose options change with a reload.</param>
    /// <param name="preset">The lines of a preset; see <see cref="SettingsSection.Preset"/>.</param>
    /// <param name="reserved">Names that nobody may give; see <see cref="SettingsSection.Reserved"/>. Null for the usual one.</param>
    public static void AddNamedSettings<T>(
        this IServiceCollection services, string section, IEnumerable<string> names, Func<string, IEnumerable<(string Key, string Value)>>? preset = null,
        IReadOnlyDictionary<string, string>? reserved = null)
        where T : class
    {
        var registered = new SettingsSection(section, typeof(T), IsNamed: true) { Preset = preset };
        services.AddSingleton(reserved is null ? registered : registered with { Reserved = reserved });
        services.AddValidation<T>(name => string.IsNullOrEmpty(name) ? null : $"{section}:{name}");
        services.AddSingleton<IConfigureOptions<T>>(
            provider => new NamedBinding<T>(section, provider.GetRequiredService<AcceptedConfiguration>()));
        foreach (var name in names) { services.AddChanges<T>(name); }
    }

    private static void AddValidation<T>(this IServiceCollection services, Func<string?, string?> sectionOf)
        where T : class
    {
        services.AddSingleton<IValidateOptions<T>>(new AnnotationValidator<T>(sectionOf));
        services.AddSingleton<IValidateOptions<T>>(provider => new DemoSecrets<T>(sectionOf, provider.GetRequiredService<IHostEnvironment>()));
    }

    private static void AddChanges<T>(this IServiceCollection services, string name)
        where T : class => services.AddSingleton<IOptionsChangeTokenSource<T>>(
            provider => new ConfigurationChangeTokenSource<T>(name, provider.GetRequiredService<AcceptedConfiguration>().Root));

    private sealed class NamedBinding<T>(string section, AcceptedConfiguration accepted) : IConfigureNamedOptions<T>
        where T : class
    {
        public void Configure(T options)
        {
            // The one without a name has a section of its own.
        }

        public void Configure(string? name, T options)
        {
            if (!string.IsNullOrEmpty(name)) { accepted.Root.GetSection($"{section}:{name}").Bind(options); }
        }
    }

    private sealed class AnnotationValidator<T>(Func<string?, string?> sectionOf) : IValidateOptions<T>
        where T : class
    {
        public ValidateOptionsResult Validate(string? name, T options)
        {
            if (sectionOf(name) is not { } section) { return ValidateOptionsResult.Skip; }
            var results = new List<ValidationResult>();
            Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);

            // TryValidateObject asks IValidatableObject only when every attribute is content; a list of mistakes should be whole.
            if (options is IValidatableObject more && results.Count > 0) { results.AddRange(more.Validate(new ValidationContext(options))); }
            return results.Count == 0 ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail(results.Select(result => $"{section}:{result.MemberNames.FirstOrDefault()}: {result.ErrorMessage}").Distinct());
        }
    }
}
