using DevStack.Hosting;
using DevStack.Provider.Consent;
using DevStack.Provider.Diary;
using DevStack.Provider.Pages;
using DevStack.Provider.Protocol;
using DevStack.Provider.SignIn;
using DevStack.Provider.Storage;
using DevStack.Provider.Trouble;

namespace DevStack.Provider;

/// <summary>A real OpenID provider for made-up people.</summary>
internal static class ProviderProgram
{
    public static async Task<int> RunAsync(string[] args)
    {
        var builder = DevStackHost.CreateBuilder(args, "http://localhost:5001");
        var options = builder.AddDevStackOptions();
        var directory = builder.AddStorage(new DataDirectory(options));
        builder.AddDiary(builder.AddProtocol(options, directory));
        builder.AddSignIn(options);
        builder.AddPages();
        builder.AddTrouble();
        builder.Services.AddScoped<ConsentStore>();

        var app = builder.Build();
        app.UsePageHeaders();
        app.UseStaticFiles();
        app.UseTrouble();
        app.UseTokenGate();
        app.UseAuthentication();                     // OpenIddict answers protocol requests here or lets them pass to the routes below
        app.MapProtocol();
        app.MapSignIn();
        app.MapDiary();
        app.MapPages();
        app.MapTrouble();

        await app.PrepareStorageAsync();
        await app.RunAsync();
        return 0;
    }
}
