using System.Reflection;

namespace Bff.Reload;

/// <summary>A setting that may come from a file: <c>X</c> beside <c>XFile</c>.</summary>
/// <param name="Key">Its configuration key.</param>
/// <param name="IsAuthenticator">It decides who may come in.</param>
internal sealed record SecretSetting(string Key, bool IsAuthenticator)
{
    private const string File = "File";

    public static IEnumerable<SecretSetting> Of(SettingsSection section) => section.Options.GetProperties()
        .Where(property => section.Options.GetProperty(property.Name + File) is not null)
        .Select(property => new SecretSetting($"{section.Path}:{property.Name}", property.GetCustomAttribute<AuthenticatorAttribute>() is not null));

    /// <summary>Puts what the file holds in place of its name.</summary>
    public void Resolve(Dictionary<string, string?> values, List<string> mistakes)
    {
        var given = values.GetValueOrDefault(Key);
        values.Remove(Key + File, out var file);
        if (string.IsNullOrEmpty(file))
        {
            if (given is "" && IsAuthenticator) { mistakes.Add($"{Key}: is empty. Give it a value, or take the key out."); }
            return;
        }

        if (!string.IsNullOrEmpty(given)) { mistakes.Add($"{Key}{File}: give either {Key} or {Key}{File}, not both."); }
        else if (Settings.TryReadFile(file) is not { } content) { mistakes.Add(About("does not exist or cannot be read")); }
        else if (content.Length == 0) { mistakes.Add(About("is empty")); }
        else { values[Key] = content; }

        string About(string problem) => $"{Key}{File}: the file '{Printable.Path(file)}' {problem}.";
    }
}
