namespace Bff.Hosting;

/// <summary>Where the program listens when nobody says where.</summary>
internal static class UsualAddress
{
    /// <summary>Listens here unless an address is configured, in any of the ways Kestrel knows.</summary>
    public static WebApplicationBuilder ListenByDefaultOn(this WebApplicationBuilder builder, string address)
    {
        // Not in appsettings.json: a value there would win over ASPNETCORE_URLS.
        var configured = builder.Configuration["urls"] ?? builder.Configuration["http_ports"] ?? builder.Configuration["https_ports"];
        if (string.IsNullOrEmpty(configured) && !Listening.HasPublicEndpoint(builder.Configuration)) { builder.WebHost.UseUrls(address); }
        return builder;
    }
}
