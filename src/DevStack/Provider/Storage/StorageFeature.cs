using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using OpenIddict.Abstractions;

namespace DevStack.Provider.Storage;

internal static class StorageFeature
{
    private const string DatabaseFile = "provider.db";

    public static DataDirectory AddStorage(this WebApplicationBuilder builder, DataDirectory directory)
    {
        builder.Services.AddSingleton(directory);
        builder.Services.AddDbContext<ProviderDatabase>(database => database
            .UseSqlite($"Data Source={directory.File(DatabaseFile)}")
            .UseOpenIddict());
        builder.Services.AddDataProtection()
            .SetApplicationName("DevStack")
            .PersistKeysToFileSystem(directory.Folder("cookie-keys"));
        return directory;
    }

    /// <summary>Makes the tables when they are missing, registers the client and forgets what ended long ago.</summary>
    public static async Task PrepareStorageAsync(this WebApplication app)
    {
        var stopping = app.Lifetime.ApplicationStopping;
        await using var scope = app.Services.CreateAsyncScope();
        var services = scope.ServiceProvider;

        // SQLite gives its side files the mode of the database file, so it is made before SQLite would make it.
        await services.GetRequiredService<DataDirectory>().Open(DatabaseFile, FileMode.OpenOrCreate).DisposeAsync();
        var database = services.GetRequiredService<ProviderDatabase>().Database;
        await database.EnsureCreatedAsync(stopping);
        await database.ExecuteSqlRawAsync("PRAGMA journal_mode = WAL", stopping);
        await ActivatorUtilities.CreateInstance<ClientRegistration>(services).SaveAsync(stopping);

        var lastMonth = services.GetRequiredService<TimeProvider>().GetUtcNow() - TimeSpan.FromDays(30);
        await services.GetRequiredService<IOpenIddictTokenManager>().PruneAsync(lastMonth, stopping);
        await services.GetRequiredService<IOpenIddictAuthorizationManager>().PruneAsync(lastMonth, stopping);
    }
}
