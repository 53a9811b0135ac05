namespace Bff.Ops.Telemetry;

/// <summary>One log line for each request at the public port (<c>Bff:AccessLog</c>).</summary>
internal sealed class AccessLogOptions
{
    public const string Section = "Bff:AccessLog";

    /// <summary>
    /// Whether to write it, in the category <c>Bff.AccessLog</c>, when the request is over. Never a query, a cookie, a token or a name. Default: false.
    /// </summary>
    public bool Enabled { get; set; }
}
