using System.Net;

namespace Bff.HostTests;

/// <summary>
/// A world with a second provider, called <c>staff</c>, and a second front end, called <c>admin</c>, at <c>/admin</c>, whose users sign in there. The front end
/// without a name and its provider are as everywhere.
/// </summary>
internal static class TwoProviders
{
    public const string AdminCookie = "__Host-bff.admin";

    public static async Task<(World World, PretendProvider Staff)> StartAsync(params (string Key, string? Value)[] settings) =>
        await StartAsync(_ => { }, settings);

    /// <param name="prepare">The second provider, before the proxy starts.</param>
    /// <param name="settings">That differ.</param>
    public static async Task<(World World, PretendProvider Staff)> StartAsync(Action<PretendProvider> prepare, params (string Key, string? Value)[] settings)
    {
        PretendProvider? staff = null;
        var world = await World.StartPreparedAsync(async world =>
        {
            staff = await world.StartProviderAsync();
            prepare(staff);
            foreach (var (key, value) in Settings(staff).Concat(settings)) { world.Set(key, value); }
        });
        return (world, staff!);
    }

    public static IEnumerable<(string Key, string? Value)> Settings(PretendProvider staff) =>
    [
        ("Bff:Providers:staff:Authority", staff.Issuer), ("Bff:Providers:staff:ClientId", staff.AcceptedClientId),
        ("Bff:Providers:staff:ClientSecret", staff.AcceptedSecret), ("Bff:Providers:staff:RequireHttps", "false"),
        ("Bff:FrontEnds:admin:PathBase", "/admin"), ("Bff:FrontEnds:admin:Provider", "staff"), ("Bff:FrontEnds:admin:Origins:0", Browser.SpaOrigin),
    ];

    /// <summary>A browser in which this user is signed in at <c>admin</c>.</summary>
    public static async Task<Browser> LogInAtAdminAsync(this World world, string user = "bob", BffHost? at = null)
    {
        var browser = world.NewBrowser(at);
        var end = await browser.OpenAsync($"/admin/bff/login?login_hint={user}");
        end.Status.ShouldBe(HttpStatusCode.Found, end.Body);
        browser.Cookies.Value(AdminCookie).ShouldNotBeNull();
        return browser;
    }
}
