namespace Bff.Forwarding;

/// <summary>What of a route counts as use of its session, so that the session does not end by its idle timeout; stated as <c>Bff.CountsAsUse</c>.</summary>
internal enum UseOfSession
{
    /// <summary>Each request when it comes, not what its connection carries afterwards. The default.</summary>
    Request,

    /// <summary>Each request, and whatever its connection carries in either direction for as long as it is open.</summary>
    Traffic,

    /// <summary>Nothing: for what a page asks for by itself.</summary>
    None,
}
