using Bff.Sessions;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Bff.Commands;

/// <summary><c>bff keys …</c>.</summary>
internal static class KeysCommand
{
    public static async Task<int> RotateAsync(WebApplicationBuilder builder, TimeSpan activeIn)
    {
        builder.Logging.KeepAuditOnly();
        await using var app = builder.Build();
        await app.CheckConfigurationAsync();
        app.PrepareSessions();

        var keys = app.Services.GetRequiredService<IKeyManager>();
        var activation = app.Services.GetRequiredService<TimeProvider>().GetUtcNow() + activeIn;
        var older = keys.GetAllKeys().Count(key => !key.IsRevoked);
        var added = keys.CreateNewKey(activation, activation + app.Services.GetRequiredService<IOptions<KeyManagementOptions>>().Value.NewKeyLifetime);

        app.Services.GetRequiredService<Audit>().KeysRotated($"{added.KeyId}", $"{Environment.UserName}@{Environment.MachineName}");
        Console.WriteLine($"Added key {added.KeyId}: seals from {added.ActivationDate:u} until {added.ExpirationDate:u}.");
        Console.WriteLine($"{older} older {(older == 1 ? "key goes" : "keys go")} on opening what {(older == 1 ? "it" : "they")} sealed; nobody is signed out.");
        Console.WriteLine("Every Bff that runs on this store reads it within a minute, or at once when another one has sealed with it. No restart is needed.");
        return ExitCodes.Ok;
    }

    /// <summary>A command speaks for itself; what it did to the keys is on record all the same, beside its output and wherever logs are exported to.</summary>
    private static void KeepAuditOnly(this ILoggingBuilder logging)
    {
        logging.AddFilter((category, _) => category == typeof(Audit).FullName);
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }
}
