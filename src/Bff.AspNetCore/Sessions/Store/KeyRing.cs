using System.Collections.Concurrent;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.Options;

namespace Bff.Sessions.Store;

/// <summary>
/// The Data Protection keys of the configured store, opened when first used: the configuration is checked before anything touches disk or network. Where a
/// certificate encrypts them, a key in the clear is read only if it is older than all that are encrypted: a newer one would seal, and whoever can write to the
/// store could put it there.
/// </summary>
internal sealed partial class KeyRing(IServiceProvider services) : IXmlRepository
{
    private readonly Lazy<IXmlRepository> _keys = new(
        () => services.GetRequiredService<SessionStorage>().OpenKeyRing(services.GetRequiredService<ILoggerFactory>()), LazyThreadSafetyMode.PublicationOnly);

    private readonly ConcurrentDictionary<string, bool> _told = new();

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        var elements = Asking(keys => keys.GetAllElements());
        if (services.GetRequiredService<IOptions<SessionsOptions>>().Value.KeyCertificates.Count == 0) { return elements; }
        var since = elements.Where(IsEncrypted).Select(ActiveFrom).DefaultIfEmpty(DateTimeOffset.MaxValue).Min();
        var slipped = elements.Where(element => IsInTheClear(element) && ActiveFrom(element) >= since).ToList();
        foreach (var id in slipped.Select(element => Printable.Word((string?)element.Attribute("id"))).Where(id => _told.TryAdd(id, true)))
        {
            Ignored(services.GetRequiredService<ILogger<KeyRing>>(), id);
        }

        return [.. elements.Except(slipped)];
    }

    /// <summary>The ids of the keys that anybody can use who reads the store.</summary>
    public IEnumerable<Guid> Unprotected() => from element in GetAllElements() where IsInTheClear(element) select (Guid)element.Attribute("id")!;

    /// <summary>Whether somebody has a certificate that encrypts keys, if not we.</summary>
    public bool AnyEncrypted() => GetAllElements().Any(IsEncrypted);

    private static bool IsInTheClear(XElement element) => element.Name == "key" && element.Descendants("value").Any();

    private static bool IsEncrypted(XElement element) => element.Name == "key" && !IsInTheClear(element);

    private static DateTimeOffset ActiveFrom(XElement key) => (DateTimeOffset?)key.Element("activationDate") ?? DateTimeOffset.MaxValue;

    private T Asking<T>(Func<IXmlRepository, T> ask)
    {
        try
        {
            return ask(_keys.Value);
        }
        catch (Exception error) when (services.GetRequiredService<SessionStorage>() is var storage && storage.MayPass(error))
        {
            throw storage.FailureOf(error)!;
        }
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        Asking(keys =>
        {
            keys.StoreElement(element, friendlyName);
            return true;
        });
        var audit = services.GetRequiredService<Audit>();
        if (element.Name == "revocation")
        {
            var revoked = element.Element("key")?.Attribute("id")?.Value is { } id and not "*" ? id : "all_before " + element.Element("revocationDate")?.Value;
            audit.KeyRevoked(revoked, Audit.Account);   // only a command does
        }

        if (element.Name == "key") { audit.KeyAdded(element.Attribute("id")?.Value ?? friendlyName); }
    }

    [LoggerMessage(
        LogLevel.Error,
        "The Data Protection key {Key} lies in the clear and is newer than those that are encrypted. It is not used. Somebody ran Bff without "
        + "Bff:Sessions:KeyCertificate, or can write to the store.")]
    private static partial void Ignored(ILogger logger, string key);
}
