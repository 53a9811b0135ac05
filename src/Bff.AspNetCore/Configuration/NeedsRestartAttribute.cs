namespace Bff.Configuration;

/// <summary>
/// A change of this setting counts after a restart only; until then the value Bff started with stays. Of a class: so does one that comes or goes by name.
/// </summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Class)]
internal sealed class NeedsRestartAttribute : Attribute;
