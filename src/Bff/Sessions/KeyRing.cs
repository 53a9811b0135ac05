using System.Xml.Linq;
using Bff.Sessions.Stores;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Bff.Sessions;

/// <summary>The Data Protection keys of the configured store, opened when first used: the configuration is checked before anything touches disk or network.</summary>
internal sealed class KeyRing(IServiceProvider services) : IXmlRepository
{
    private readonly Lazy<IXmlRepository> _keys = new(() =>
        services.GetRequiredService<SessionDatabase>().OpenKeyRing(services.GetRequiredService<ILoggerFactory>()));

    public IReadOnlyCollection<XElement> GetAllElements() => _keys.Value.GetAllElements();

    public void StoreElement(XElement element, string friendlyName)
    {
        _keys.Value.StoreElement(element, friendlyName);
        if (element.Name == "key") { services.GetRequiredService<Audit>().KeyAdded(element.Attribute("id")?.Value ?? friendlyName); }
    }
}
