using System.ComponentModel.DataAnnotations;

namespace Bff.Providers;

/// <summary>What is wrong with who may issue ID tokens, and for whom.</summary>
internal static class IssuerMistakes
{
    /// <param name="template">Of the issuers of many tenants; null or empty where there is one issuer.</param>
    /// <param name="tenants">Whose users may sign in.</param>
    public static IEnumerable<ValidationResult> OfTenants(string? template, string[] tenants)
    {
        if (string.IsNullOrEmpty(template))
        {
            if (tenants.Length > 0) { yield return OfTenants($"needs {nameof(OidcOptions.IssuerTemplate)}: the issuer of a tenant."); }
            yield break;
        }

        if (template.Split(TenantIssuers.Placeholder) is not [_, _]
            || !AddressMistakes.IsWebAddress(template.Replace(TenantIssuers.Placeholder, "tenant", StringComparison.Ordinal)))
        {
            yield return new(
                $"must be an absolute http(s) URL without query or fragment that has {TenantIssuers.Placeholder} in it once.",
                [nameof(OidcOptions.IssuerTemplate)]);
        }

        if (tenants.Length == 0)
        {
            yield return OfTenants($"is required with {nameof(OidcOptions.IssuerTemplate)}: the ids of the tenants whose users may sign in, or * for all.");
        }

        foreach (var (index, _) in tenants.Index().Where(entry => entry.Item != TenantIssuers.Any && !TenantIssuers.IsTenant(entry.Item)))
        {
            yield return SettingMistake.At(
                nameof(OidcOptions.Tenants), index, "is not the id of a tenant: write letters, digits, '-', '.' and '_', or * alone.");
        }

        if (tenants.Contains(TenantIssuers.Any) && tenants.Length > 1)
        {
            yield return OfTenants($"has {TenantIssuers.Any}, which lets all tenants in, and others besides. Decide.");
        }
    }

    /// <param name="trusted">Beside our client.</param>
    /// <param name="clientId">Our client.</param>
    public static IEnumerable<ValidationResult> OfAudiences(string[] trusted, string clientId) =>
        from entry in trusted.Index()
        where entry.Item == clientId || entry.Item.Length == 0
        select SettingMistake.At(
            nameof(OidcOptions.TrustedAudiences), entry.Index,
            entry.Item.Length == 0 ? "is empty." : "is our own client, whose tokens are accepted anyway.");

    private static ValidationResult OfTenants(string what) => new(what, [nameof(OidcOptions.Tenants)]);
}
