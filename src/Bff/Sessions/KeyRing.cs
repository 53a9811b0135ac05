using System.Xml.Linq;
using Bff.Sessions.Stores;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Bff.Sessions;

/// <summary>The Data Protection keys of the configured store, opened when first used: the configuration is checked before anything touches disk or network.</summary>
internal sealed class KeyRing(IServiceProvider services) : IXmlRepository
{
    private readonly Lazy<IXmlRepository> _keys = new(
        () => services.GetRequiredService<SessionDatabase>().OpenKeyRing(services.GetRequiredService<ILoggerFactory>()), LazyThreadSafetyMode.PublicationOnly);

    public IReadOnlyCollection<XElement> GetAllElements() => Asking(keys => keys.GetAllElements());

    /// <summary>The ids of the keys that anybody can use who reads the store.</summary>
    public IEnumerable<Guid> Unprotected() =>
        from element in GetAllElements() where element.Name == "key" && element.Descendants("value").Any() select (Guid)element.Attribute("id")!;

    private T Asking<T>(Func<IXmlRepository, T> ask)
    {
        try
        {
            return ask(_keys.Value);
        }
        catch (Exception error) when (StoreFailure.MayPass(error))
        {
            throw StoreFailure.Of(error)!;
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
            audit.KeyRevoked(revoked, $"{Environment.UserName}@{Environment.MachineName}");   // only a command does
        }

        if (element.Name == "key") { audit.KeyAdded(element.Attribute("id")?.Value ?? friendlyName); }
    }
}
