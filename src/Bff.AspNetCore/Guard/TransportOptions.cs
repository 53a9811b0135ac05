using System.ComponentModel.DataAnnotations;
using Bff.Configuration;

namespace Bff.Guard;

/// <summary>What https responses tell browsers about https (<c>Bff:Hsts</c>, RFC 6797); nothing in Development, and nothing for <c>localhost</c>.</summary>
internal sealed class TransportOptions
{
    /// <summary>How long a browser insists on https for this host. 0 makes it forget. Default: 365 days, the minimum of ASVS 5.0 (3.4.1).</summary>
    [NeedsRestart]
    [Range(typeof(TimeSpan), "00:00:00", "3650.00:00:00", ErrorMessage = "must be between 00:00:00 and 3650.00:00:00 (d.hh:mm:ss).")]
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromDays(365);

    /// <summary>Whether also for every name below this host, which is right where all of them speak https. Default: false.</summary>
    [NeedsRestart]
    public bool IncludeSubDomains { get; set; }
}
