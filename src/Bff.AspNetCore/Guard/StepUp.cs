namespace Bff.Guard;

/// <summary>How a page learns that an API wants its user to sign in in another way, or anew (RFC 9470).</summary>
internal static class StepUp
{
    /// <summary>A response header that a page of any origin we allow may read.</summary>
    public const string Header = "Bff-Step-Up";
}
