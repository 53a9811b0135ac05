namespace Bff.Providers;

/// <summary>The issuers of a provider of many tenants: one template for all, and the tenants whose users may come.</summary>
/// <param name="template">Has <see cref="Placeholder"/> in it once.</param>
/// <param name="tenants">Their ids, or <see cref="Any"/>.</param>
internal sealed class TenantIssuers(string template, IReadOnlyCollection<string> tenants)
{
    public const string Placeholder = "{tenantid}";

    public const string Any = "*";

    /// <summary>Entra ID's claim for the tenant.</summary>
    public const string Claim = "tid";

    /// <summary>Letters of an id or a domain name: nothing that could begin another part of an address.</summary>
    public static bool IsTenant(string tenant) => tenant.Length is > 0 and <= 253 && tenant.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_');

    /// <summary>Null when its users may not come.</summary>
    public string? IssuerOf(string? tenant) =>
        tenant is not null && IsTenant(tenant) && (tenants.Contains(Any) || tenants.Contains(tenant, StringComparer.OrdinalIgnoreCase))
            ? Of(tenant) : null;

    /// <summary>It is the issuer of a tenant whose users may come.</summary>
    public bool IsIssuer(string issuer) => TenantOf(issuer) is not null;

    /// <summary>Null when it is none whose users may come.</summary>
    public string? TenantOf(string issuer)
    {
        var at = template.IndexOf(Placeholder, StringComparison.Ordinal);
        var length = issuer.Length - (template.Length - Placeholder.Length);
        if (length <= 0 || at + length > issuer.Length) { return null; }
        var tenant = issuer.Substring(at, length);
        return IssuerOf(tenant) == issuer ? tenant : null;
    }

    private string Of(string tenant) => template.Replace(Placeholder, tenant, StringComparison.Ordinal);
}
