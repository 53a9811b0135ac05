using Microsoft.Extensions.Options;
using SpaStatic;

if (args is ["health", .. var rest])
{
    return await HealthProbe.RunAsync(rest is [var url, ..] ? url : "http://127.0.0.1:5000/");
}

// No address is set here: Kestrel's own default is http://localhost:5000, and ASPNETCORE_URLS overrides it.
var builder = WebApplication.CreateBuilder(args);
builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
builder.Logging.LeaveStartFailuresToUs();
builder.Services.AddOptions<SpaOptions>().BindConfiguration(SpaOptions.Section).ValidateOnStart();
builder.Services.AddSingleton<IValidateOptions<SpaOptions>, SpaOptionsValidator>();

var app = builder.Build();
app.UseMiddleware<PageHeaders>();
app.UseMiddleware<FrontEndPage>();
app.UseDefaultFiles().UseStaticFiles();
app.MapGet("/config.js", ConfigScript.Handle);
app.MapFallbackToFile("/silent", "silent.html");
app.MapFallbackToFile("index.html");                                          // deep links; a path with a dot is a file
foreach (var path in new[] { "/api/{**rest}", "/bff/{**rest}" }) { app.Map(path, () => Results.NotFound()); }   // Bff's, and never the page

return await app.RunOrExplainAsync();
