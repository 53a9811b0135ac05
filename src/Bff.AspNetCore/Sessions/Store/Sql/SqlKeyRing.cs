using System.Data.Common;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Bff.Sessions.Store.Sql;

/// <summary>Data Protection keys in a table, so that every node that shares the sessions can open their tokens.</summary>
internal sealed class SqlKeyRing(DbDataSource database) : IXmlRepository
{
    public const string Table = "CREATE TABLE data_protection_keys (name TEXT NOT NULL PRIMARY KEY, xml TEXT NOT NULL);";

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using var command = database.CreateCommand("SELECT xml FROM data_protection_keys");
        using var reader = command.ExecuteReader();
        var keys = new List<XElement>();
        while (reader.Read()) { keys.Add(XElement.Parse(reader.GetString(0))); }
        return keys;
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        using var command = database.CreateCommand("INSERT INTO data_protection_keys (name, xml) VALUES (@name, @xml)");
        foreach (var (name, value) in new[] { ("name", friendlyName), ("xml", element.ToString(SaveOptions.DisableFormatting)) })
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value);
            command.Parameters.Add(parameter);
        }

        command.ExecuteNonQuery();
    }
}
