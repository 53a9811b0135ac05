using Bff.Configuration;

namespace Bff.Commands.Backup;

/// <summary>What encrypts a backup. Never on the command line, where every process of the machine could read it.</summary>
internal static class Passphrase
{
    private const int MinLength = 12;

    /// <param name="file">A file, or <c>-</c> for standard input; null for no passphrase.</param>
    /// <exception cref="InvalidDataException">It cannot be read, or is too short.</exception>
    public static string? Read(string? file)
    {
        if (file is null) { return null; }
        var text = file == "-" ? Console.In.ReadToEnd().Trim() : SecretSetting.TryRead(file);
        if (text is null)
        {
            throw new InvalidDataException($"the passphrase file '{Printable.Path(Path.GetFullPath(file))}' does not exist or cannot be read");
        }
        return text.Length >= MinLength
            ? text
            : throw new InvalidDataException($"the passphrase must have at least {MinLength} characters (openssl rand -base64 32)");
    }
}
