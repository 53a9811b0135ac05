using System.ComponentModel.DataAnnotations;

namespace Bff.Providers;

/// <summary>One call to the token endpoint (<c>Bff:Renewal</c>).</summary>
internal sealed class TokenOptions
{
    /// <summary>Timeout of one call to the token endpoint; then the provider counts as unavailable. Default: 10 seconds; 1 second to 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00", ErrorMessage = "must be between 00:00:01 and 00:01:00 (hh:mm:ss).")]
    public TimeSpan TokenTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The assumed lifetime of an access token whose <c>expires_in</c> (RFC 6749 section 5.1) is missing or unusable. Default: 5 minutes; 5 seconds to 1 day.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:05", "1.00:00:00", ErrorMessage = "must be between 00:00:05 and 1.00:00:00 (d.hh:mm:ss).")]
    public TimeSpan AssumedLifetime { get; set; } = TimeSpan.FromMinutes(5);
}
