using System.ComponentModel.DataAnnotations;

namespace Bff.Providers;

/// <summary>One call to the token endpoint (<c>Bff:Renewal</c>).</summary>
internal sealed class TokenOptions
{
    /// <summary>How long one call to the provider may take before it counts as unavailable.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00", ErrorMessage = "must be between 00:00:01 and 00:01:00 (hh:mm:ss).")]
    public TimeSpan TokenTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The lifetime taken for an access token when the provider gives no usable <c>expires_in</c> (RFC 6749 section 5.1).</summary>
    [Range(typeof(TimeSpan), "00:00:05", "1.00:00:00", ErrorMessage = "must be between 00:00:05 and 1.00:00:00 (d.hh:mm:ss).")]
    public TimeSpan AssumedLifetime { get; set; } = TimeSpan.FromMinutes(5);
}
