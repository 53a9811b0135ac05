using Bff.Sessions.Store.Redis;
using StackExchange.Redis;

namespace Bff.ClusterTests.Stores;

/// <summary>What is made of the servers' words and the driver's exceptions.</summary>
public sealed class RedisFailuresTests
{
    [Theory]
    [InlineData("LOADING Redis is loading the dataset in memory", "away")]
    [InlineData("CLUSTERDOWN The cluster is down", "away")]
    [InlineData("MASTERDOWN Link with MASTER is down", "away")]
    [InlineData("TRYAGAIN Multiple keys request during rehashing of slot", "away")]
    [InlineData("BUSY Redis is busy running a script.", "away")]
    [InlineData("NOPERM this user has no permissions to run the 'set' command", "unusable")]
    [InlineData("READONLY You can't write against a read only replica. script: 0a, on @user_script:12.", "unusable")]
    [InlineData("OOM command not allowed when used memory > 'maxmemory'.", "unusable")]
    [InlineData("MISCONF Redis is configured to save RDB snapshots", "unusable")]
    [InlineData("ERR Error running script (call to f_0a): @user_script:12: -READONLY You can't write against a read only replica.", "unusable")]
    [InlineData("ERR Error running script (call to f_0a): @user_script: 12: -OOM command not allowed when used memory > 'maxmemory'.", "unusable")]
    [InlineData("ERR Error running script (call to f_0a): @user_script:12: -NOREPLICAS Not enough good replicas to write.", "unusable")]
    [InlineData("ERR Error running script (call to f_0a): @user_script:12: attempt to index a nil value", "refused")]
    [InlineData("ERR wrong number of arguments", "refused")]
    [InlineData("WRONGTYPE Operation against a key holding the wrong kind of value", "refused")]
    public void A_server_that_cannot_be_used_is_told_from_one_that_refuses_a_command(string said, string expected)
    {
        var failure = RedisFailures.Of(new RedisServerException(RedisErrorKind.Unknown, CommandFlags.None, said)).ShouldNotBeNull();
        (failure.IsUnanswered, failure.IsRefusal).ShouldBe((expected == "away", expected == "refused"));
    }

    [Fact]
    public void A_server_that_is_no_primary_any_longer_is_away() =>
        RedisFailures.Of(new RedisCommandException("Command cannot be issued to a replica: HSET")).ShouldNotBeNull().IsConnection.ShouldBeTrue();

    [Fact]
    public void What_is_not_of_Redis_is_not_taken_for_it() => RedisFailures.Of(new InvalidOperationException()).ShouldBeNull();
}
