using Bff.Providers;
using Bff.Sessions;
using Bff.Sessions.Keys;
using Bff.Sessions.Store;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Options;

namespace Bff.Commands.Check;

/// <summary>The session store can be written, read and deleted from, and the keys beside it open what they seal.</summary>
internal sealed class StoreChecks(IServiceProvider services, TimeProvider clock)
{
    private const string Store = "store";
    private const string Keys = "keys";

    /// <summary>A probe that is left behind, because we were killed, is swept by then.</summary>
    private static readonly TimeSpan ProbeLifetime = TimeSpan.FromMinutes(1);

    private SessionStorage Storage => services.GetRequiredService<SessionStorage>();

    public async Task<IReadOnlyList<Finding>> RunAsync()
    {
        try
        {
            if (Storage.FindMigration() is { } migration) { return [Migrates(migration), .. ConnectionTls()]; }
            Storage.Prepare();
        }
        catch (Exception error) when (error is IOException or SessionStoreException)
        {
            return [Unusable(error)];
        }

        var keys = KeyRing();
        if (keys.Result != Result.Ok) { return [keys]; }
        return [await ProbeAsync(), .. await ConnectionsAsync(), .. ConnectionTls(), .. Remarks(), keys, .. KeyProtection()];
    }

    private IEnumerable<Finding> Remarks() => Storage.Remarks.Select(remark => new Finding(Store, Result.Warning, remark.Found, remark.Advice));

    /// <summary>Asking must not be doing: nothing else is tried on such a store, since whatever writes to it would migrate it first.</summary>
    private static Finding Migrates(SchemaMigration migration) => new(
        Store, Result.Warning,
        $"has schema {migration.From}; the next start migrates it to {migration.To}. Then only versions of Bff that know schema {migration.ReadableFrom} "
        + "or later can use it. It is not probed until then.",
        "Make a backup first: bff backup FILE (PostgreSQL: pg_dump).");

    private Finding KeyRing()
    {
        try
        {
            KeyCertificates.EnsureKeysOpen(services.GetRequiredService<IKeyManager>(), clock.GetUtcNow());
            services.GetRequiredService<TokenProtector>().Probe();
            return new(Keys, Result.Ok, $"{services.GetRequiredService<IKeyManager>().GetAllKeys().Count(key => !key.IsRevoked)} in use");
        }
        catch (SessionStoreException error)
        {
            return new(Keys, Result.Unreachable, $"cannot be read: {error.Message}", "See the store.");
        }
        catch (IOException error)
        {
            var isCertificate = error.Message.StartsWith("Bff:Sessions:KeyCertificate", StringComparison.Ordinal);
            return new(
                Keys,
                Result.Mistake,
                error.Message,
                isCertificate ? "Bff does not start until this is corrected." : "The user that Bff runs as must be able to read and write the keys.");
        }
    }

    /// <summary>Who reads the store alone, in a backup or through a hole in something else, should not have the keys with what they open.</summary>
    private IEnumerable<Finding> KeyProtection()
    {
        var options = services.GetRequiredService<IOptions<SessionsOptions>>().Value;
        if (options.KeyCertificates.Count > 0)
        {
            var inUse = services.GetRequiredService<IKeyManager>().GetAllKeys().Where(key => !key.IsRevoked).Select(key => key.KeyId);
            var unprotected = ((KeyRing)services.GetRequiredService<IOptions<KeyManagementOptions>>().Value.XmlRepository!).Unprotected().Intersect(inUse)
                .Count();
            if (unprotected == 0) { yield break; }
            yield return new(
                Keys,
                Result.Warning,
                $"{unprotected} made before Bff:Sessions:KeyCertificate was set are stored unencrypted.",
                "Run bff keys rotate, and, when today's sessions have ended, bff keys revoke.");
        }
        else if (Storage.Files is null)
        {
            yield return new(
                Keys,
                Result.Warning,
                "are stored unencrypted in the database whose tokens they open: one copy of it opens everything.",
                "Set Bff:Sessions:KeyCertificateFile, then bff keys rotate.");
        }
        else
        {
            yield return new(
                Keys, Result.Ok, "stored unencrypted in the folder beside the sessions: keep them apart in backups, or set Bff:Sessions:KeyCertificateFile.");
        }
    }

    /// <summary>Each node takes as many connections as its pool holds.</summary>
    private async Task<IEnumerable<Finding>> ConnectionsAsync()
    {
        try
        {
            if (await Storage.CountConnectionsAsync(CancellationToken.None) is not var (each, given, others)) { return []; }
            var nodes = Math.Max(0, given - others) / each;
            var found = $"a node uses up to {each} connections (Maximum Pool Size and one); the server allows {given}, others use {others}: enough for "
                + $"{nodes} {(nodes == 1 ? "node" : "nodes")}.";
            return [nodes > 1 ? new(Store, Result.Ok, found) : new(Store, Result.Warning, found,
                "For each further node, raise max_connections or set a smaller Maximum Pool Size in the connection string; 20 are enough for thousands of "
                + "calls a second.")];
        }
        catch (SessionStoreException away)
        {
            return [Unusable(away)];
        }
    }

    private IEnumerable<Finding> ConnectionTls()
    {
        if (Storage.WeakTls is not { } found) { yield break; }
        yield return new(
            Store, Result.Warning, $"Bff:Sessions:ConnectionString: {found}: whoever is between Bff and the database can read the traffic or pose as the "
                + "database.",
            Storage.TlsAdvice);
    }

    private async Task<Finding> ProbeAsync()
    {
        var store = services.GetRequiredService<ISessionStore>();
        var probe = NewProbe();
        try
        {
            await store.AddAsync(probe, [], limit: null, CancellationToken.None);
            var read = await store.FindAsync(probe.Id, CancellationToken.None);
            var removed = await store.RemoveAsync(probe.Id, version: null, EndReasons.Unknown, CancellationToken.None) is not null;
            return read?.Tokens is not null && removed
                ? new(Store, Result.Ok, "written, read and deleted")
                : new(
                    Store,
                    Result.Mistake,
                    "Bff:Sessions:ConnectionString: what was written could not be read back.",
                    "Does another program change this database?");
        }
        catch (SessionStoreException error)
        {
            return Unusable(error);
        }
    }

    private Session NewProbe()
    {
        var now = clock.GetUtcNow();
        return new Session
        {
            Id = SessionKey.New().Id, Sid = "bff-check", Subject = "bff-check", Claims = [], CreatedAt = now, EndsAt = now + ProbeLifetime,
            AbsoluteEndsAt = now + ProbeLifetime, Provider = services.GetRequiredService<IOptions<SessionClients>>().Value.First.Provider,
            Tokens = new TokenSet("bff-check", RefreshToken: null, IdToken: null, Scope: null, now, now + ProbeLifetime),
        };
    }

    private static Finding Unusable(Exception error)
    {
        var found = error.Message.StartsWith("Bff:", StringComparison.Ordinal)
            ? error.Message
            : $"Bff:Sessions:ConnectionString: the session store cannot be used: {error.Message}";
        return error is SessionStoreException { IsUnanswered: true }
            ? new(Store, Result.Unreachable, found, "Is the database up? Can this machine resolve its name and reach its port?")
            : new(
                Store,
                Result.Mistake,
                found,
                "The user that Bff runs as must be able to write there: check the owner of the folder or volume, and whether it is mounted read-only; for "
                + "a database, check its user and privileges.");
    }
}
