using System.Security.Claims;
using Bff.Policies;

namespace Bff.Tests.Policies;

public class PolicyTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    public static TheoryData<string, string, string> Table => new()
    {
        // What is asked for, what the caller has, what they lack.
        { "claim=dept", "dept=x", "Nothing" },
        { "claim=dept", "other=x", "Rights" },
        { "claim=dept value=sales value=support", "dept=support", "Nothing" },
        { "claim=dept value=sales value=support", "dept=Support", "Rights" },
        { "claim=dept value=sales value=support all", "dept=support", "Rights" },
        { "claim=dept value=sales value=support all", "dept=support dept=sales dept=more", "Nothing" },
        { "role=admin role=editor", "role=editor", "Nothing" },
        { "role=admin role=editor", "roles=editor", "Rights" },
        { "role=admin role=editor all", "role=editor", "Rights" },
        { "role=admin", "Role=admin", "Rights" },
        { "claim=dept", "Dept=x", "Rights" },
        { "scope=read", "Scope=read", "Scope" },
        { "acr=mfa", "ACR=mfa", "SignIn" },
        { "group=a", "groups=b groups=a", "Nothing" },
        { "group=a", "role=a", "Rights" },
        { "scope=read", "scope=write+read", "Nothing" },
        { "scope=read", "scope=write scope=read", "Nothing" },
        { "scope=read", "scp=write+read", "Nothing" },
        { "scope=read", "scope=readonly", "Scope" },
        { "scope=read scope=write", "scp=write", "Nothing" },
        { "scope=read scope=write all", "scp=write", "Scope" },
        { "scope=read scope=write all", "scp=write scope=read", "Nothing" },
        { "acr=mfa acr=hw", "acr=hw", "Nothing" },
        { "acr=mfa all", "acr=pwd", "SignIn" },
        { "acr=mfa", "sub=x", "SignIn" },
        { "age=300", "auth_time=1799999700", "Nothing" },
        { "age=300", "auth_time=1799999699", "SignIn" },
        { "age=300", "auth_time=1800000600", "Nothing" },
        { "age=300", "sub=x", "SignIn" },
        { "age=300", "auth_time=never", "SignIn" },
        { "role=admin scope=read acr=mfa", "scope=read acr=mfa", "Rights" },
        { "role=admin scope=read acr=mfa", "role=admin acr=mfa", "Scope" },
        { "role=admin scope=read acr=mfa", "role=admin scope=read", "SignIn" },
        { "role=admin scope=read acr=mfa age=60", "role=admin scope=read acr=mfa auth_time=1800000000", "Nothing" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void A_caller_passes_who_has_what_the_policy_asks_for(string asked, string had, string lacked)
    {
        var options = new PolicyOptions();
        foreach (var (name, value) in asked.Split(' ').Select(Pair))
        {
            if (name == "claim") { options.Claim = value; }
            if (name == "value") { options.Values = [.. options.Values, value]; }
            if (name == "role") { options.Roles = [.. options.Roles, value]; }
            if (name == "group") { options.Groups = [.. options.Groups, value]; }
            if (name == "scope") { options.Scopes = [.. options.Scopes, value]; }
            if (name == "acr") { options.Acr = [.. options.Acr, value]; }
            if (name == "age") { options.MaxAge = TimeSpan.FromSeconds(int.Parse(value)); }
            if (name == "all") { options.Match = PolicyMatch.All; }
        }

        var claims = had.Split(' ').Select(Pair).Select(pair => new Claim(pair.Name, pair.Value));
        new Policy("it", options).Judge(Caller.Of(new ClaimsPrincipal(new ClaimsIdentity(claims, "test"))), Now).ToString().ShouldBe(lacked);
    }

    private static (string Name, string Value) Pair(string text) =>
        text.Split('=') is [var name, var value] ? (name, value.Replace('+', ' ')) : (text, "");
}
