namespace Bff.Configuration;

/// <summary>This setting decides who may come in: empty is a mistake, and a reload may change it but never takes it away.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class AuthenticatorAttribute : Attribute;
