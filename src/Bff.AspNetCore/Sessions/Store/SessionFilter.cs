namespace Bff.Sessions.Store;

/// <summary>Which sessions an operator looks for.</summary>
/// <param name="User">How the subject begins, or the name, in any case; null for everybody's.</param>
/// <param name="FrontEnd">What the operator calls a front end; null for all.</param>
/// <param name="Provider">What the operator calls a provider, one of ours; null for all.</param>
internal sealed record SessionFilter(string? User = null, string? FrontEnd = null, string? Provider = null)
{
    public static readonly SessionFilter None = new();
}
