namespace Bff.BrowserTests.World;

/// <summary>A visitor without a mouse.</summary>
internal static class Keyboard
{
    private const int FarEnough = 30;

    /// <summary>Presses Tab until the element has the focus, and the focus can be seen.</summary>
    public static async Task TabToAsync(this Visitor visitor, string selector)
    {
        for (var presses = 0; presses < FarEnough; presses++)
        {
            await visitor.PressAsync("Tab");
            if (await visitor.RunAsync<bool>("(selector) => document.activeElement.matches(selector)", selector))
            {
                (await visitor.RunAsync<string>("() => getComputedStyle(document.activeElement).outlineStyle"))
                    .ShouldNotBe("none", $"the focus on {selector} is seen");
                return;
            }
        }

        Assert.Fail($"{FarEnough} presses of Tab did not reach {selector}.");
    }

    public static Task PressAsync(this Visitor visitor, string key) => visitor.Page.Keyboard.PressAsync(key);

    public static Task TypeAsync(this Visitor visitor, string text) => visitor.Page.Keyboard.TypeAsync(text);
}
