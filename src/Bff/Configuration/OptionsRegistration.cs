using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Bff.Configuration;

/// <summary>Binds an options class to its section and names the configuration key in every complaint.</summary>
internal static class OptionsRegistration
{
    public static OptionsBuilder<T> AddSettings<T>(this IServiceCollection services, string section)
        where T : class
    {
        services.AddSingleton(new SettingsSection(section, typeof(T)));
        services.AddSingleton<IValidateOptions<T>>(new AnnotationValidator<T>(section));
        services.AddSingleton<IValidateOptions<T>>(provider => new DemoSecrets<T>(section, provider.GetRequiredService<IHostEnvironment>()));
        services.AddSingleton<IOptionsChangeTokenSource<T>>(
            provider => new ConfigurationChangeTokenSource<T>(provider.GetRequiredService<AcceptedConfiguration>().Root));
        return services.AddOptions<T>().Configure<AcceptedConfiguration>((options, accepted) => accepted.Root.GetSection(section).Bind(options));
    }

    private sealed class AnnotationValidator<T>(string section) : IValidateOptions<T>
        where T : class
    {
        public ValidateOptionsResult Validate(string? name, T options)
        {
            var results = new List<ValidationResult>();
            Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);

            // TryValidateObject asks IValidatableObject only when every attribute is content; a list of mistakes should be whole.
            if (options is IValidatableObject more && results.Count > 0) { results.AddRange(more.Validate(new ValidationContext(options))); }
            return results.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(results.Select(Describe).Distinct());
        }

        private string Describe(ValidationResult result) => $"{section}:{result.MemberNames.FirstOrDefault()}: {result.ErrorMessage}";
    }
}
