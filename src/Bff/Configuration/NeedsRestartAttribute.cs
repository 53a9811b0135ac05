namespace Bff.Configuration;

/// <summary>A change of this setting counts after a restart only; until then the value Bff started with stays.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NeedsRestartAttribute : Attribute;
