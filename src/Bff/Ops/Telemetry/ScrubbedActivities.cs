using System.Diagnostics;
using OpenTelemetry;

namespace Bff.Ops.Telemetry;

/// <summary>Takes the query off every span before it is exported: it may carry a code, a state, or whatever an API is asked.</summary>
internal sealed class ScrubbedActivities : BaseProcessor<Activity>
{
    private static readonly string[] Addresses = ["url.full", "http.url", "http.target"];

    public override void OnEnd(Activity data)
    {
        data.SetTag("url.query", null);
        foreach (var name in Addresses)
        {
            if (data.GetTagItem(name) is string address && address.IndexOf('?', StringComparison.Ordinal) is >= 0 and var query)
            {
                data.SetTag(name, address[..query]);
            }
        }
    }
}
