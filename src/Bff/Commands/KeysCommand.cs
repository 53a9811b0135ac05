using System.Text.Json;
using Bff.Configuration;
using Bff.Sessions;
using Bff.Sessions.Store;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Options;

namespace Bff.Commands;

/// <summary><c>bff keys …</c>. Each leaves an audit line on standard error.</summary>
internal static class KeysCommand
{
    /// <summary>A node that has not read of a revocation yet goes on for this long.</summary>
    private const string WithinAMinute = "Every running Bff on this store reads it within a minute. No restart is needed.";

    public static async Task<int> ListAsync(WebApplicationBuilder builder, bool json)
    {
        await using var app = await OpenAsync(builder);
        var keys = app.Services.GetRequiredService<IKeyManager>().GetAllKeys().OrderByDescending(key => key.ActivationDate).ToList();
        var now = Now(app);
        var sealing = keys.Find(key => IsUsable(key, now));
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(
                new { Keys = keys.Select(key => new { Id = key.KeyId, CreatedAt = key.CreationDate, SealsFrom = key.ActivationDate, Until = key.ExpirationDate,
                    State = State(key) }) }, JsonSerializerOptions.Web));
        }
        else
        {
            Console.WriteLine($"{"KEY",-36}  {"CREATED",-28}  {"SEALS FROM",-20}  {"UNTIL",-20}  STATE");
            foreach (var key in keys)
            {
                Console.WriteLine($"{key.KeyId}  {key.CreationDate.UtcDateTime:O}  {key.ActivationDate:u}  {key.ExpirationDate:u}  {InWords(State(key))}");
            }
        }

        app.Services.GetRequiredService<Audit>().KeysListed(keys.Count);
        return ExitCodes.Ok;

        string State(IKey key) => key switch
        {
            { IsRevoked: true } => "revoked",
            _ when key == sealing => "seals",
            _ when key.ActivationDate > now => "later",
            _ => "opens",
        };
    }

    private static string InWords(string state) => state switch
    {
        "revoked" => "revoked: opens nothing",
        "seals" => "seals and opens",
        "later" => "opens, seals later",
        _ => state,
    };

    public static async Task<int> RotateAsync(WebApplicationBuilder builder, TimeSpan activeIn)
    {
        await using var app = await OpenAsync(builder, keysMustOpen: true);   // or the new key would lie in the clear
        var keys = app.Services.GetRequiredService<IKeyManager>();
        var older = keys.GetAllKeys().Count(key => !key.IsRevoked);
        var added = Add(app, keys, Now(app) + activeIn);

        app.Services.GetRequiredService<Audit>().KeysRotated($"{added.KeyId}", Audit.Account);
        Console.WriteLine($"Added key {added.KeyId}: seals from {added.ActivationDate:u} until {added.ExpirationDate:u}.");
        Console.WriteLine(
            $"{older} older {(older == 1 ? "key" : "keys")} still {(older == 1 ? "opens" : "open")} what {(older == 1 ? "it" : "they")} sealed; nobody is "
            + "signed out.");
        Console.WriteLine("Every running Bff on this store reads it within a minute, or as soon as another one has sealed with it. No restart is needed.");
        return ExitCodes.Ok;
    }

    /// <summary>
    /// Makes leaked keys useless: they open nothing any longer, what they sealed ends, and the refresh tokens in it are revoked at the provider.
    /// </summary>
    public static async Task<int> RevokeAsync(WebApplicationBuilder builder, Guid? id, DateTimeOffset? allBefore)
    {
        await using var app = await OpenAsync(builder);
        var keys = app.Services.GetRequiredService<IKeyManager>();
        var leaked = keys.GetAllKeys().Where(key => !key.IsRevoked && (key.KeyId == id || key.CreationDate < allBefore)).ToList();
        if (leaked.Count == 0)
        {
            await Console.Error.WriteLineAsync(allBefore is null
                ? "No such key, or it is revoked already. See: bff keys list"
                : "Every key made before that time (not at it) is revoked already, or there is none. See: bff keys list");
            return ExitCodes.Unreachable;
        }

        if (id is { } one) { keys.RevokeKey(one, "bff keys revoke"); }
        else { keys.RevokeAllKeys(allBefore!.Value, "bff keys revoke"); }

        // At once, and not when the first node misses a key: others should find the same one.
        var ring = (KeyRing)app.Services.GetRequiredService<IOptions<KeyManagementOptions>>().Value.XmlRepository!;
        var mayAdd = app.Services.GetRequiredService<IOptions<SessionsOptions>>().Value.KeyCertificates.Count > 0 || !ring.AnyEncrypted();
        if (!mayAdd)
        {
            Console.WriteLine("No key was added, because it would be stored unencrypted: Bff:Sessions:KeyCertificate is not configured here. A running "
                + "Bff adds one.");
        }
        else if (!keys.GetAllKeys().Any(key => IsUsable(key, Now(app))))
        {
            var added = Add(app, keys, Now(app));
            Console.WriteLine($"Added key {added.KeyId}: seals from now until {added.ExpirationDate:u}.");
        }

        var ended = 0;
        foreach (var key in leaked)
        {
            ended += (await app.Services.GetRequiredService<ISessionStore>()
                .RemoveSealedWithAsync(key.KeyId, EndReasons.EndedByAdmin, CancellationToken.None)).Count;
            Console.WriteLine($"Revoked key {key.KeyId}: it no longer opens anything.");
        }

        Console.WriteLine(
            $"Ended {ended} {(ended == 1 ? "session" : "sessions")} whose tokens it sealed. A running Bff revokes their refresh tokens at the provider.");
        Console.WriteLine(WithinAMinute + " Sessions that one seals with a revoked key before it has read it end as well, and their users must sign in again.");
        return ExitCodes.Ok;
    }

    /// <summary>Everything but the proxy. Of the log the audit lines remain, beside the output of the command.</summary>
    private static async Task<WebApplication> OpenAsync(WebApplicationBuilder builder, bool keysMustOpen = false)
    {
        builder.Logging.KeepAuditOnly();
        var app = builder.Build();
        await app.CheckConfigurationAsync();
        app.Services.GetRequiredService<StorePreparation>().Run(keysMustOpen);
        return app;
    }

    private static IKey Add(WebApplication app, IKeyManager keys, DateTimeOffset activation) =>
        keys.CreateNewKey(activation, activation + app.Services.GetRequiredService<IOptions<KeyManagementOptions>>().Value.NewKeyLifetime);

    private static bool IsUsable(IKey key, DateTimeOffset now) => !key.IsRevoked && key.ActivationDate <= now && key.ExpirationDate > now;

    private static DateTimeOffset Now(WebApplication app) => app.Services.GetRequiredService<TimeProvider>().GetUtcNow();
}
