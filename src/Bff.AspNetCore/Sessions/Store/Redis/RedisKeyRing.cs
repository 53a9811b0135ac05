using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using static Bff.Sessions.Store.Redis.RedisConnection;

namespace Bff.Sessions.Store.Redis;

/// <summary>Data Protection keys beside the sessions, so that every node that shares those can open their tokens.</summary>
internal sealed class RedisKeyRing(RedisConnection connection) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements() =>
        [.. connection.Database.HashGetAll(RedisKeys.KeyRing, flags: Primary).Select(entry => XElement.Parse((string)entry.Value!))];

    public void StoreElement(XElement element, string friendlyName) =>
        connection.Database.HashSet(RedisKeys.KeyRing, friendlyName, element.ToString(SaveOptions.DisableFormatting));
}
