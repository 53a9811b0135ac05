using Bff.ClusterTests.Redis;

namespace Bff.ClusterTests.Stores;

[Collection(nameof(ClusteredRedis))]
public sealed class RedisClusterChangesTests(ClusteredRedis servers) : RedisChangesContract(servers);
