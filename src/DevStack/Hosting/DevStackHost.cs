using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace DevStack.Hosting;

/// <summary>What the provider's and the API's host have in common.</summary>
internal static class DevStackHost
{
    public static WebApplicationBuilder CreateBuilder(string[] args, string defaultUrl)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = SourceTree.ContentRoot });
        if (string.IsNullOrEmpty(builder.Configuration[WebHostDefaults.ServerUrlsKey]))
        {
            builder.WebHost.UseUrls(defaultUrl);
        }

        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddHostedService<ParentWatch>();
        return builder;
    }

    /// <summary>Reads the options now: a wrong value stops the start with every mistake named by its configuration key.</summary>
    public static DevStackOptions AddDevStackOptions(this WebApplicationBuilder builder)
    {
        var options = new DevStackOptions();
        var mistakes = new List<ValidationResult>();
        try
        {
            builder.Configuration.GetSection(DevStackOptions.Section).Bind(options);
            Validator.TryValidateObject(options, new ValidationContext(options), mistakes, validateAllProperties: true);
        }
        catch (InvalidOperationException notConvertible)
        {
            mistakes.Add(new ValidationResult(notConvertible.Message));
        }

        if (mistakes.Count > 0)
        {
            throw new OptionsValidationException(DevStackOptions.Section, typeof(DevStackOptions), mistakes.Select(Describe));
        }

        builder.Services.AddSingleton(options);
        return options;
    }

    private static string Describe(ValidationResult mistake) =>
        string.Concat(mistake.MemberNames.Select(name => $"{DevStackOptions.Section}:{name}: ")) + mistake.ErrorMessage;
}
