using Bff.Policies;
using Bff.Sessions;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Bff.Tests.Policies;

public class CallAuthorizationTests
{
    private static readonly Session Alice = new()
    {
        Id = SessionKey.New().Id, Sid = "sid", Subject = "alice", Claims = [], Tokens = null, CreatedAt = default, EndsAt = default, AbsoluteEndsAt = default,
    };

    private readonly AuthorizationOptions _options = new();

    [Fact]
    public void Who_wants_nobody_in_particular_asks_nobody()
    {
        IsAsked(null).ShouldBeFalse();
        IsAsked(null, new AuthorizeAttribute(), new AllowAnonymousAttribute()).ShouldBeFalse();
    }

    [Fact]
    public void Who_is_signed_in_passes_where_that_is_all_that_is_wanted()
    {
        IsAsked(Alice, new AuthorizeAttribute()).ShouldBeFalse();
        IsAsked(null, new AuthorizeAttribute()).ShouldBeTrue();
        IsAsked(null, new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build()).ShouldBeTrue();
    }

    [Fact]
    public void Whatever_else_is_wanted_the_framework_decides()
    {
        _options.AddPolicy("admin", policy => policy.RequireAuthenticatedUser().RequireClaim("role", "admin"));
        IsAsked(Alice, new AuthorizeAttribute("admin")).ShouldBeTrue();
        IsAsked(Alice, new AuthorizeAttribute("unknown")).ShouldBeTrue();
        IsAsked(Alice, new AuthorizeAttribute { Roles = "admin" }).ShouldBeTrue();
        IsAsked(Alice, new AuthorizeAttribute { AuthenticationSchemes = "other" }).ShouldBeTrue();
        IsAsked(Alice, new AuthorizeAttribute(), new AuthorizationPolicyBuilder().RequireClaim("role").Build()).ShouldBeTrue();
        IsAsked(Alice, new Wish()).ShouldBeTrue();

        _options.AddPolicy("staff", policy => policy.RequireAuthenticatedUser().AddRequirements(new PolicyRequirement("staff")));
        IsAsked(Alice, new AuthorizeAttribute("staff")).ShouldBeTrue("the program's own handlers see it, too");
    }

    [Fact]
    public void What_counts_where_nothing_is_said_counts()
    {
        _options.FallbackPolicy = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build();
        IsAsked(null).ShouldBeTrue();
        IsAsked(Alice).ShouldBeFalse();
    }

    private bool IsAsked(Session? session, params object[] metadata)
    {
        var context = new DefaultHttpContext();
        context.SetEndpoint(new Endpoint(_ => Task.CompletedTask, new(metadata), "route"));
        if (session is not null) { context.Features.Set(session); }
        var policies = new DefaultAuthorizationPolicyProvider(Options.Create(_options));
        return new CallAuthorization(policies, judge: null!, hasOtherHandlers: true).IsToBeAsked(context);
    }

    private sealed class Wish : IAuthorizationRequirementData
    {
        public IEnumerable<IAuthorizationRequirement> GetRequirements() => [new Requirement()];
    }

    private sealed class Requirement : IAuthorizationRequirement;
}
