namespace Bff.Configuration;

/// <summary>This setting decides who is let in: empty is an error, and a reload may change it but never remove it.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class AuthenticatorAttribute : Attribute;
