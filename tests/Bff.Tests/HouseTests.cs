using System.Text.RegularExpressions;
using ArchUnitNET.Domain;
using ArchUnitNET.Loader;

namespace Bff.Tests;

/// <summary>
/// Holds the arrows between the rooms of src/Bff: which types of one use types of another, in any way. A room is a folder, and a folder in a folder is a room, too.
/// What is in no folder is used by every room and uses none.
/// </summary>
public partial class HouseTests
{
    private const string Root = "";

    /// <summary>From the top of the house down: a room uses only rooms further down. <c>CONTRIBUTING.md</c> shows the same table.</summary>
    private static readonly (string Room, string[] Uses)[] Plan =
    [
        ("Commands", ["Ops", "Ops.Admin", "Forwarding", "Guard", "Sessions", "Sessions.Keys", "Sessions.Store", "Providers", "Hosting", "Configuration"]),
        ("Commands.Backup", ["Commands", "Sessions.Keys", "Sessions.Store", "Sessions.Store.Sql", "Sessions.Store.Sqlite", "Sessions", "Configuration"]),
    ];
}
