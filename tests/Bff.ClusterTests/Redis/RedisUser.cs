namespace Bff.ClusterTests.Redis;

/// <summary>A user who may do no more than docs/operations.md says that Bff has to.</summary>
internal static class RedisUser
{
    public const string Password = "redis-password-b1d5";

    public const string Rights =
        "~bff:* &bff:* -@all +@read +@write +@connection +@pubsub -@dangerous +eval +evalsha +script|load +info +config|get +cluster|nodes";

    /// <summary>What a server is started with.</summary>
    public static string[] Settings { get; } = ["--user", "bff", "on", ">" + Password, .. Rights.Split(' ')];

    public static string Of(string connectionString) => $"{connectionString},user=bff,password={Password}";
}
