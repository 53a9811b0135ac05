using System.ComponentModel.DataAnnotations;

namespace Bff.Providers;

/// <summary>What is wrong with the names of claims.</summary>
internal static class ClaimMistakes
{
    /// <param name="nameClaim">A path.</param>
    /// <param name="roleClaim">A path.</param>
    /// <param name="claims">Names of those that are kept.</param>
    public static IEnumerable<ValidationResult> Of(string nameClaim, string roleClaim, string[] claims)
    {
        foreach (var (name, path) in new[] { (nameof(OidcOptions.NameClaim), nameClaim), (nameof(OidcOptions.RoleClaim), roleClaim) })
        {
            if (path.Length is 0 or > ClaimPath.MaxLength || path.Any(char.IsControl) || path.StartsWith('.') || path.EndsWith('.'))
            {
                yield return new($"must be the name of a claim, or names with dots between them, of up to {ClaimPath.MaxLength} characters.", [name]);
            }
        }

        foreach (var (index, name) in claims.Index().Where(entry => entry.Item.Length is 0 or > ClaimPath.MaxLength))
        {
            yield return SettingMistake.At(
                nameof(OidcOptions.Claims), index, name.Length == 0 ? "is empty." : $"is longer than {ClaimPath.MaxLength} characters.");
        }
    }
}
