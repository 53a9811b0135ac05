using System.Net;

namespace Bff.Ops;

/// <summary>Who asks on the ops port, for the audit log: only what <see cref="OpsGuard"/> has verified.</summary>
internal sealed record Operator(string Name, IPAddress? Address)
{
    /// <summary>Null where <see cref="OpsGuard"/> let somebody through whom it does not know: a probe.</summary>
    public static Operator? Find(HttpContext context) => context.Features.Get<Operator>();

    public static Operator Of(HttpContext context) => Find(context) ?? throw new InvalidOperationException("OpsGuard lets nobody pass here unknown.");

    public static void OnThisMachine(HttpContext context) => Set(context, "somebody on this machine");

    public static void ByToken(HttpContext context) => Set(context, "ops token");

    public static void ByCertificate(HttpContext context, string subject) => Set(context, Printable.Word(subject));

    private static void Set(HttpContext context, string name) => context.Features.Set(new Operator(name, ClientAddress.Of(context)));
}
