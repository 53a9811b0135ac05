namespace DevStack.Provider.Users;

internal static class DemoUsers
{
    public static IReadOnlyList<DemoUser> All { get; } =
    [
        new("alice", "Alice Adams", "alice@demo.example", MayReadMessages: true),
        new("bob", "Bob Brown", "bob@demo.example", MayReadMessages: false),
    ];

    /// <summary>Finds a user by user name or e-mail address.</summary>
    public static DemoUser? Find(string? word) => All.FirstOrDefault(user =>
        string.Equals(user.UserName, word?.Trim(), StringComparison.OrdinalIgnoreCase) ||
        string.Equals(user.Email, word?.Trim(), StringComparison.OrdinalIgnoreCase));
}
