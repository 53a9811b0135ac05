using System.Net;

namespace Bff.Ops.Admin;

/// <summary>Who asks on the ops port, for the audit log.</summary>
internal sealed record Operator(string Name, IPAddress? Address)
{
    public static Operator Of(HttpContext context) => new(
        context.Connection.ClientCertificate?.Subject ?? (context.Request.Headers.Authorization.Count > 0 ? "ops token" : "somebody on this machine"),
        context.Connection.RemoteIpAddress);
}
