namespace DevStack.Provider.Users;

/// <summary>A person who can sign in. The password is the user name: this is a demo and the login page says so.</summary>
internal sealed record DemoUser(string UserName, string Name, string Email, bool MayReadMessages)
{
    public bool HasPassword(string? password) => string.Equals(password, UserName, StringComparison.Ordinal);

    /// <summary>The scopes this user gets of those the client asked for; the others are left out without an error.</summary>
    public string[] Grantable(IEnumerable<string> scopes) =>
        [.. scopes.Where(scope => scope != DemoScopes.ReadMessages || MayReadMessages)];
}
