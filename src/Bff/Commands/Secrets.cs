using System.Data.Common;
using System.Text.RegularExpressions;

namespace Bff.Commands;

/// <summary>Decides what of a setting may be printed. When in doubt, nothing.</summary>
internal static partial class Secrets
{
    public const string Masked = "********";

    private static readonly string[] Words = ["Secret", "Password", "Token", "ApiKey", "Credential"];

    /// <summary>Settings that are called like a secret and are none.</summary>
    private static readonly string[] Harmless = ["TokenTimeout", "Bff.Token"];

    public static string Mask(string key, string value)
    {
        var name = ConfigurationPath.GetSectionKey(key);
        if (IsSecret(name) || IsTransformValue(key, name)) { return Masked; }
        return name.Equals("ConnectionString", StringComparison.OrdinalIgnoreCase) ? MaskConnection(value) : UserInfo().Replace(value, $"$1{Masked}@");
    }

    private static bool IsSecret(string name) =>
        Words.Any(word => name.Contains(word, StringComparison.OrdinalIgnoreCase))
        && !Harmless.Contains(name, StringComparer.OrdinalIgnoreCase)
        && !name.EndsWith("File", StringComparison.OrdinalIgnoreCase);   // a path; the secret is in the file

    /// <summary>A transform of YARP that writes a header or a query parameter often carries an API's key.</summary>
    private static bool IsTransformValue(string key, string name) => name is "Set" or "Append" && key.Contains(":Transforms:", StringComparison.OrdinalIgnoreCase);

    private static string MaskConnection(string value)
    {
        try
        {
            var connection = new DbConnectionStringBuilder { ConnectionString = value };
            foreach (var part in connection.Keys.Cast<string>().Where(part => part.Contains("pass", StringComparison.OrdinalIgnoreCase) || part.Equals("pwd", StringComparison.OrdinalIgnoreCase)).ToList())
            {
                connection[part] = Masked;
            }

            return connection.ConnectionString;
        }
        catch (ArgumentException)
        {
            return Masked;
        }
    }

    [GeneratedRegex("(://)[^/@]+@")]
    private static partial Regex UserInfo();
}
