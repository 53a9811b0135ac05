using System.Xml.Linq;
using Bff.Sessions.Stores;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Bff.Sessions;

/// <summary>
/// Where the Data Protection keys are: in <c>keys/</c> beside the database. They open the tokens and the sign-in state, so they are worth as much as
/// the sessions, and are backed up with them. Opened when first used: the configuration is checked before anything touches the disk.
/// </summary>
internal sealed class KeyFolder(IServiceProvider services) : IXmlRepository
{
    private readonly Lazy<FileSystemXmlRepository> _folder = new(() => new FileSystemXmlRepository(
        Directory.CreateDirectory(Path.Combine(services.GetRequiredService<SqliteDatabase>().Folder, "keys")),
        services.GetRequiredService<ILoggerFactory>()));

    public IReadOnlyCollection<XElement> GetAllElements() => _folder.Value.GetAllElements();

    public void StoreElement(XElement element, string friendlyName) => _folder.Value.StoreElement(element, friendlyName);
}
