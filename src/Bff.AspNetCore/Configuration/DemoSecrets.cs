using Microsoft.Extensions.Options;

namespace Bff.Configuration;

/// <summary>
/// What <c>deploy/demo</c> calls a secret is known to everybody, so it works in Development only. A secret is a setting that may come from a file.
/// </summary>
internal sealed class DemoSecrets<T>(Func<string?, string?> sectionOf, IHostEnvironment environment) : IValidateOptions<T>
    where T : class
{
    /// <summary>Each secret of the demo begins so, or holds a password that does.</summary>
    private const string Mark = "demo-only-";

    public ValidateOptionsResult Validate(string? name, T options)
    {
        if (environment.IsDevelopment() || sectionOf(name) is not { } section) { return ValidateOptionsResult.Skip; }
        var mistakes = new List<string>();
        foreach (var property in typeof(T).GetProperties())
        {
            if (typeof(T).GetProperty(property.Name + "File") is null) { continue; }
            if ((property.GetValue(options) as string)?.Contains(Mark, StringComparison.OrdinalIgnoreCase) == true)
            {
                mistakes.Add(
                    $"{section}:{property.Name}: is the demo's, which everybody knows, and works in Development only. Use a secret of your own (openssl rand "
                    + "-base64 32).");
            }
        }

        return mistakes.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(mistakes);
    }
}
