using System.ComponentModel.DataAnnotations;

namespace Bff.Renewal;

/// <summary>When and how fast tokens are renewed (<c>Bff:Renewal</c>).</summary>
internal sealed class RenewalOptions : IValidatableObject
{
    /// <summary>How long before expiry a token is renewed; at most a quarter of its lifetime is used.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ErrorMessage = "must be between 00:00:01 and 1.00:00:00 (d.hh:mm:ss).")]
    public TimeSpan Lead { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>A token with less time left (at most a tenth of its lifetime) is not sent any more while a newer one can be had.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00", ErrorMessage = "must be between 00:00:00 and 00:05:00 (hh:mm:ss).")]
    public TimeSpan MinValidity { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether a renewal that brings an ID token brings its claims, too, so that a role taken away at the provider goes away here. Claims that did not come
    /// from an ID token stay, and so does who the user is (OpenID Connect Core 1.0 section 5.1). When off, claims are those of the sign-in until the session
    /// ends. Default: true.
    /// </summary>
    public bool UpdateClaims { get; set; } = true;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (MinValidity > Lead) { yield return new($"is {MinValidity} and must not be longer than Lead ({Lead}), or calls would wait for every renewal.", [nameof(MinValidity)]); }
    }
}
