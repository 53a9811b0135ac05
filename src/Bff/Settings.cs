using System.Collections;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Bff.Reload;
using Microsoft.Extensions.Options;

namespace Bff;

/// <summary>Where an options class lives in the configuration; the start-up check walks these.</summary>
internal sealed record SettingsSection(string Path, Type Options);

/// <summary>Binds an options class to its section and names the configuration key in every complaint.</summary>
internal static class Settings
{
    /// <summary>Where browsers reach us when nothing else is said.</summary>
    public const string PublicAddress = "http://localhost:3001";

    public static OptionsBuilder<T> AddSettings<T>(this IServiceCollection services, string section)
        where T : class
    {
        services.AddSingleton(new SettingsSection(section, typeof(T)));
        services.AddSingleton<IValidateOptions<T>>(new AnnotationValidator<T>(section));
        services.AddSingleton<IValidateOptions<T>>(provider => new DemoSecrets<T>(section, provider.GetRequiredService<IHostEnvironment>()));
        services.AddSingleton<IOptionsChangeTokenSource<T>>(provider => new ConfigurationChangeTokenSource<T>(provider.GetRequiredService<AcceptedConfiguration>().Root));
        return services.AddOptions<T>().Configure<AcceptedConfiguration>((options, accepted) => accepted.Root.GetSection(section).Bind(options));
    }

    /// <summary>Listens here unless an address is configured, in any of the ways Kestrel knows.</summary>
    public static WebApplicationBuilder ListenByDefaultOn(this WebApplicationBuilder builder, string address)
    {
        // Not in appsettings.json: a value there would win over ASPNETCORE_URLS.
        var configured = builder.Configuration["urls"] ?? builder.Configuration["http_ports"] ?? builder.Configuration["https_ports"];
        if (string.IsNullOrEmpty(configured) && !HasPublicEndpoint(builder.Configuration)) { builder.WebHost.UseUrls(address); }
        return builder;
    }

    /// <summary>Adds to the time a shutdown may take. Options of the host itself are read while it is built, before the configuration is checked, so they cannot depend on ours.</summary>
    public static void AllowToStop<T>(this WebApplication app, Func<T, TimeSpan> more)
        where T : class
    {
        var host = app.Services.GetRequiredService<IOptions<HostOptions>>().Value;
        var options = app.Services.GetRequiredService<IOptionsMonitor<T>>();
        var allowed = more(options.CurrentValue);
        host.ShutdownTimeout += allowed;
        options.OnChange(changed =>
        {
            var before = allowed;
            allowed = more(changed);
            host.ShutdownTimeout += allowed - before;
        });
    }

    /// <summary>Kestrel's own endpoints say where to listen. The one called Ops is not public.</summary>
    public static bool HasPublicEndpoint(IConfiguration configuration) =>
        configuration.GetSection("Kestrel:Endpoints").GetChildren().Any(endpoint => !IsOps(endpoint));

    /// <summary>Where the public port is told to listen: Kestrel's endpoints, else plain addresses.</summary>
    public static IReadOnlyList<string> PublicAddresses(IConfiguration configuration)
    {
        if (HasPublicEndpoint(configuration))
        {
            return [.. configuration.GetSection("Kestrel:Endpoints").GetChildren().Where(endpoint => !IsOps(endpoint)).Select(endpoint => endpoint["Url"] ?? "")];
        }

        string[] addresses = Split(configuration[WebHostDefaults.ServerUrlsKey]);
        return addresses.Length > 0 ? addresses : [.. Ports(WebHostDefaults.HttpPortsKey, Uri.UriSchemeHttp), .. Ports(WebHostDefaults.HttpsPortsKey, Uri.UriSchemeHttps)];

        IEnumerable<string> Ports(string key, string scheme) => Split(configuration[key]).Select(port => $"{scheme}://*:{port}");
        static string[] Split(string? list) => (list ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    }

    private static bool IsOps(IConfigurationSection endpoint) => string.Equals(endpoint.Key, "Ops", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the text is one of this type, as the binder reads it.</summary>
    public static bool CanRead(string value, Type type)
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

    /// <summary>What a value of this type looks like, in words.</summary>
    public static string Describe(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var t when t == typeof(TimeSpan) => "a time span (hh:mm:ss)",
        var t when t == typeof(double) => "a number",
        var t when t == typeof(Version) => "a version (2 or 1.1)",
        var t when t == typeof(Uri) => "an address",
        var t when t == typeof(bool) => "true or false",
        var t when t == typeof(int) || t == typeof(long) || t == typeof(uint) => "a whole number",
        { IsEnum: true } t => "one of " + string.Join(", ", Enum.GetNames(t)),
        var t => t.Name,
    };

    /// <summary>A list keeps its default only while the configuration says nothing: the binder would append to it.</summary>
    public static bool IsList(Type type) => type != typeof(string) && typeof(IEnumerable).IsAssignableFrom(type);

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

        private string Describe(ValidationResult result) =>
            $"{section}:{result.MemberNames.FirstOrDefault()}: {result.ErrorMessage}";
    }
}
