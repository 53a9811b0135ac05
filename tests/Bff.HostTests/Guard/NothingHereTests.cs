using System.Net;

namespace Bff.HostTests.Guard;

/// <summary>Bff and the page have two addresses, and people open the wrong one.</summary>
public sealed class NothingHereTests
{
    [Fact]
    public async Task Who_opens_a_page_at_our_address_is_told_what_this_is_and_in_development_where_the_page_is()
    {
        await using var world = await World.StartAsync(("environment", "Development"));
        var answer = await world.NewBrowser().StepAsync("/orders/17?view=<all>");
        answer.Status.ShouldBe(HttpStatusCode.NotFound);
        answer.Header("Content-Type").ShouldBe("text/html; charset=utf-8");
        answer.ShouldSay("no_page_here");
        answer.Body.ShouldContain("Bff:Spa:Url");
        answer.Body.ShouldContain($"href=\"{Browser.SpaOrigin}/orders/17?view=");
        answer.Body.ShouldNotContain("<all>");
    }

    [Fact]
    [Trait("Standard", "ASVS-14")]
    public async Task Elsewhere_a_visitor_is_told_that_there_is_no_page_and_nothing_of_how_Bff_is_set_up()
    {
        await using var world = await World.StartAsync(("environment", "Production"));
        var visitor = world.NewBrowser();
        var answer = await visitor.StepAsync("/orders");
        answer.ShouldSay("no_page_here");
        answer.Body.ShouldContain("There is no page at this address.");
        foreach (var word in new[] { "Bff:", "API", "proxy", "localhost:5000" }) { answer.Body.ShouldNotContain(word); }
        answer.Body.ShouldNotContain("<a ", Case.Insensitive, "signing in brings no page here");
        (await visitor.GetAsync("/orders")).Body.ShouldNotContain("ReverseProxy");
        var head = visitor.Bare(HttpMethod.Head, "/orders");
        head.Headers.Add("Accept", "text/html");
        (await visitor.SendAsync(head)).Header("Content-Type").ShouldBe("text/html; charset=utf-8");
        (await visitor.SendAsync(visitor.Bare(HttpMethod.Trace, "/orders"))).ShouldBeProblem(405, "method_not_allowed");
    }

    [Fact]
    public async Task A_script_that_asks_for_what_no_route_takes_gets_a_problem()
    {
        await using var world = await World.StartAsync();
        var alice = await world.LogInAsync();
        (await alice.GetAsync("/nowhere")).ShouldBeProblem(404, "not_found");
        (await alice.SendAsync(alice.Script(HttpMethod.Delete, "/nowhere"))).ShouldBeProblem(404, "not_found");
        (await alice.GetAsync("/nowhere")).Header("Access-Control-Allow-Origin").ShouldBe(Browser.SpaOrigin);
        (await alice.StepAsync("/bff/nowhere")).ShouldSay("not_found");
    }
}
