using System.ComponentModel.DataAnnotations;

namespace Bff.Forwarding.PassThrough;

/// <summary>Callers who bring an access token of their own (<c>Bff:PassThrough</c>), on routes whose <c>Bff.Token</c> says so.</summary>
internal sealed class PassThroughOptions : IValidatableObject
{
    /// <summary>
    /// For whom such a token may be (<c>aud</c>, RFC 9068 section 2.2): one of these. A route's own <c>Bff.Audience</c> counts in their place. Default: none, and
    /// then each such route needs its own.
    /// </summary>
    public string[] Audiences { get; set; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        from entry in Audiences.Index()
        where string.IsNullOrWhiteSpace(entry.Item)
        select new ValidationResult("is empty: write the aud of the access tokens.", [$"{nameof(Audiences)}:{entry.Index}"]);
}
