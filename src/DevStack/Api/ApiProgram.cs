using DevStack.Hosting;

namespace DevStack.Api;

/// <summary>A demo API: it knows nothing of Bff and trusts only what the provider signed.</summary>
internal static class ApiProgram
{
    public static async Task<int> RunAsync(string[] args)
    {
        var builder = DevStackHost.CreateBuilder(args, "http://localhost:5002");
        builder.AddTokenValidation(builder.AddDevStackOptions());

        var app = builder.Build();
        app.UseStatusCodePages(Errors.DescribeAsync);
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapMessages();
        app.MapEcho();
        app.MapMedia();
        app.MapPages();
        await app.RunAsync();
        return 0;
    }
}
