using System.Reflection;

namespace Bff.Configuration;

/// <summary>
/// A setting that may come from a file: <c>X</c> beside <c>XFile</c>; or one that always does and names it, marked <see cref="ReadFromFileAttribute"/>.
/// </summary>
/// <param name="Key">Its configuration key.</param>
/// <param name="FileKey">The key that names the file.</param>
/// <param name="IsAuthenticator">It decides who may come in.</param>
internal sealed record SecretSetting(string Key, string FileKey, bool IsAuthenticator)
{
    private const string File = "File";

    public static IEnumerable<SecretSetting> Of(SettingsSection section) => section.Options.GetProperties()
        .Select(property => (property.Name, FileName: FileOf(section.Options, property),
        IsAuthenticator: property.GetCustomAttribute<AuthenticatorAttribute>() is not null))
        .Where(property => property.FileName is not null)
        .Select(property => new SecretSetting($"{section.Path}:{property.Name}", $"{section.Path}:{property.FileName}", property.IsAuthenticator));

    /// <summary>Puts what the file holds in place of its name.</summary>
    public void Resolve(Dictionary<string, string?> values, List<string> mistakes)
    {
        var given = FileKey == Key ? null : values.GetValueOrDefault(Key);
        values.Remove(FileKey, out var file);
        if (string.IsNullOrEmpty(file))
        {
            // Empty is a variable that was not set, more often than a wish to let everybody in.
            if (IsAuthenticator && string.IsNullOrEmpty(given) && (given ?? file) is "")
            {
                mistakes.Add($"{(given is null ? FileKey : Key)}: is empty. Give it a value, or remove the key.");
            }
            return;
        }

        if (!string.IsNullOrEmpty(given)) { mistakes.Add($"{FileKey}: give either {Key} or {FileKey}, not both."); }
        else if (TryRead(file) is not { } content) { mistakes.Add(About("does not exist or cannot be read")); }
        else if (content.Length == 0) { mistakes.Add(About("is empty")); }
        else { values[Key] = content; }

        if (FileKey == Key) { values.TryAdd(Key, file); }   // unread, so that it is still seen as given

        string About(string problem) => $"{FileKey}: the file '{Printable.Path(file)}' {problem}.";
    }

    private static string? FileOf(Type options, PropertyInfo property) =>
        property.GetCustomAttribute<ReadFromFileAttribute>() is not null ? property.Name : options.GetProperty(property.Name + File)?.Name;

    /// <returns>Without white space around it; null when the file cannot be read.</returns>
    public static string? TryRead(string file)
    {
        try
        {
            return System.IO.File.ReadAllText(file).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
