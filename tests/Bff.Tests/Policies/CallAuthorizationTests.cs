using Bff.Policies;
using Bff.Sessions;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Infrastructure;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Bff.Tests.Policies;

public class CallAuthorizationTests
{
    private static readonly Session Alice = new()
    {
        Id = SessionKey.New().Id, Sid = "sid", Subject = "alice", Claims = [], Tokens = null, CreatedAt = default, EndsAt = default, AbsoluteEndsAt = default,
    };

    private readonly AuthorizationOptions _options = new();
    private IAuthorizationPolicyProvider? _policies;
    private bool _programDecides;

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
    }

    [Fact]
    public void Where_the_program_has_a_say_of_its_own_the_framework_decides_whoever_it_is()
    {
        _programDecides = true;
        IsAsked(Alice, new AuthorizeAttribute()).ShouldBeTrue();
                IsAsked(null, new AuthorizeAttribute(), new AllowAnonymousAttribute()).ShouldBeFalse();
    }

    [Fact]
    public void Policies_that_may_be_others_for_each_call_are_not_remembered()
    {
        _policies = new Changing(Options.Create(_options));
        IsAsked(Alice, new AuthorizeAttribute()).ShouldBeTrue();
        IsAsked(Alice).ShouldBeTrue("it may have a fallback now");
    }

    [Fact]
    public void A_program_has_a_say_by_whatever_it_puts_in_the_place_of_the_frameworks_own()
    {
        var services = new ServiceCollection();
        services.AddAuthorization().AddSingleton<IAuthorizationHandler, PolicyHandler>();
        services.AddKeyedSingleton<IAuthorizationHandler>("theirs", new AssertionRequirement(_ => true));
        PoliciesFeature.ProgramDecides(services).ShouldBeFalse();

        ServiceDescriptor[] more =
        [
            ServiceDescriptor.Singleton<IAuthorizationHandler>(new AssertionRequirement(_ => true)),
            ServiceDescriptor.Singleton<IAuthorizationHandler>(_ => new AssertionRequirement(_ => true)),
            .. new[]
            {
                typeof(IAuthorizationService), typeof(IAuthorizationHandlerProvider), typeof(IAuthorizationHandlerContextFactory),
                typeof(IAuthorizationEvaluator), typeof(IPolicyEvaluator), typeof(IAuthorizationMiddlewareResultHandler),
            }.Select(service => ServiceDescriptor.Transient(service, _ => null!)),
        ];
        foreach (var one in more) { PoliciesFeature.ProgramDecides(Together(services, one)).ShouldBeTrue(one.ServiceType.Name); }
    }

    [Fact]
    public void What_counts_where_nothing_is_said_counts()
    {
        _options.FallbackPolicy = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build();
        IsAsked(null).ShouldBeTrue();
        IsAsked(Alice).ShouldBeFalse();
    }

    private static IServiceCollection Together(IServiceCollection services, ServiceDescriptor one) => new ServiceCollection().Add(services.Append(one));

    private bool IsAsked(Session? session, params object[] metadata)
    {
        var context = new DefaultHttpContext();
        context.SetEndpoint(new Endpoint(_ => Task.CompletedTask, new(metadata), "route"));
        if (session is not null) { context.Features.Set(session); }
        var policies = _policies ?? new DefaultAuthorizationPolicyProvider(Options.Create(_options));
        return new CallAuthorization(policies, judge: null!, _programDecides).IsToBeAsked(context);
    }

    private sealed class Changing(IOptions<AuthorizationOptions> options) : DefaultAuthorizationPolicyProvider(options);

    private sealed class Wish : IAuthorizationRequirementData
    {
        public IEnumerable<IAuthorizationRequirement> GetRequirements() => [new Requirement()];
    }

    private sealed class Requirement : IAuthorizationRequirement;
}
