namespace Bff.Providers;

/// <summary>Whom an answer of the provider is about.</summary>
internal enum Blame
{
    /// <summary>The one who signs in: they can try again, or do what the provider wants.</summary>
    User,

    /// <summary>Our client: its operator must look at <c>Bff:Oidc</c> or at the registration.</summary>
    Client,

    /// <summary>The provider, or the way to it: waiting helps.</summary>
    Provider,
}
