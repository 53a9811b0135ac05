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

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (MinValidity > Lead) { yield return new($"is {MinValidity} and must not be longer than Lead ({Lead}), or calls would wait for every renewal.", [nameof(MinValidity)]); }
    }
}
