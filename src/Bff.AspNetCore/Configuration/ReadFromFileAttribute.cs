namespace Bff.Configuration;

/// <summary>The configuration names a file here; options get what the file held when the configuration was read.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ReadFromFileAttribute : Attribute;
