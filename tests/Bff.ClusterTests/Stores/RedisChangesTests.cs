using Bff.ClusterTests.Redis;

namespace Bff.ClusterTests.Stores;

[Collection(nameof(OneRedis))]
public sealed class RedisChangesTests(OneRedis servers) : RedisChangesContract(servers);
