using ArchUnitNET.Domain;
using ArchUnitNET.Domain.Dependencies;
using ArchUnitNET.Loader;

namespace Bff.Tests;

/// <summary>
/// Holds the arrows between the rooms of <c>src/Bff</c> and <c>src/Bff.AspNetCore</c>: which types of one use types of another, in whatever way. A room is a
/// folder, and so is a folder in a folder. What lies in no folder may be used by every room and uses none, but for the doors of the house.
/// </summary>
public class HouseTests
{
    private const string Root = "";

    /// <summary>What puts the whole house together, or hands out what is in it.</summary>
    private static readonly string[] Doors = [nameof(Program), nameof(BffApplication), nameof(BffPreparation), nameof(BffHttpClients)];

    /// <summary>From the roof down: a room uses rooms that stand below it here, and of those the ones it names.</summary>
    internal static readonly (string Room, string[] Uses)[] Plan =
    [
        ("Commands.Check",
        [
            "Commands", "Gateway", "Forwarding", "Ops", "Guard", "FrontEnds", "Sessions.Store", "Sessions.Keys", "Sessions", "Providers.Named",
            "Providers.ClientAuthentication", "Providers.TokenEndpoint", "Providers", "Providers.DPoP", "Hosting", "Configuration", "Configuration.Kestrel",
        ]),
        ("Commands.Backup", ["Commands", "Sessions.Store.Sqlite", "Sessions.Store.Sql", "Sessions.Store", "Sessions.Keys", "Configuration"]),
        ("Commands", ["Ops.Admin", "Ops", "Sessions.Store", "Sessions", "Providers", "Hosting", "Configuration"]),
        ("Ops.Page", ["Ops"]),
        ("Ops.Admin", ["Ops", "Renewal", "FrontEnds", "Sessions.Store", "Sessions", "Providers"]),
        ("Ops.Live",
        [
            "Ops.Health", "Ops.Telemetry", "Ops", "Forwarding", "Renewal", "FrontEnds", "Sessions.Store", "Sessions", "Providers.Named",
            "Providers.ClientAuthentication", "Providers.Throttling",
            "Providers", "Configuration", "Configuration.Kestrel",
        ]),
        ("Ops.Health", ["Ops", "Sessions.Store", "Sessions", "Providers.Named", "Providers", "Hosting", "Configuration"]),
        ("Ops.Telemetry", ["Ops", "Sessions.Authentication", "Sessions", "Providers"]),
        ("Gateway", ["Ops", "Forwarding", "Guard", "Providers.DPoP", "Hosting", "Configuration"]),
        ("Ops", ["Guard", "Providers", "Hosting", "Configuration", "Configuration.Kestrel"]),
        ("Forwarding",
        [
            "Forwarding.Identity", "Forwarding.PassThrough", "ClientTokens", "Renewal", "FrontEnds", "Guard", "Sessions.Authentication", "Sessions.Store",
            "Sessions", "Providers.Named", "Providers", "Providers.DPoP", "Hosting", "Configuration",
        ]),
        ("Forwarding.Identity",
            ["Policies", "FrontEnds", "Guard", "Sessions.Authentication", "Sessions.Keys", "Sessions", "Configuration"]),
        ("Forwarding.PassThrough",
        [
            "Policies", "Renewal", "FrontEnds", "Guard", "Sessions.Authentication", "Sessions.Store", "Providers.Named", "Providers.Metadata", "Providers",
            "Providers.DPoP", "Configuration",
        ]),
        ("Login",
        [
            "Policies", "Renewal", "FrontEnds", "Guard", "Sessions.Authentication", "Sessions.Store", "Sessions.Keys", "Sessions", "Providers.Named",
            "Providers.TokenEndpoint", "Providers.Throttling", "Providers.Metadata", "Providers", "Providers.DPoP", "Hosting", "Configuration",
        ]),
        ("ClientTokens",
        [
            "Renewal", "Sessions.Store", "Sessions", "Providers.Named", "Providers.TokenEndpoint", "Providers.Throttling", "Providers", "Providers.DPoP",
        ]),
        ("Renewal",
        [
            "Guard", "Sessions.Authentication", "Sessions.Store", "Sessions", "Providers.Named", "Providers.TokenEndpoint", "Providers.Throttling",
            "Providers", "Hosting",
            "Configuration",
        ]),
        ("Policies",
            ["FrontEnds", "Guard", "Sessions.Authentication", "Sessions", "Providers.Named", "Providers", "Providers.DPoP", "Configuration"]),
        ("Guard", ["FrontEnds", "Hosting", "Configuration"]),
        ("Sessions.Authentication", ["FrontEnds", "Sessions.Store", "Sessions", "Providers"]),
        ("FrontEnds", ["Sessions", "Providers", "Configuration"]),
        ("Sessions.Store.Sqlite", ["Sessions.Store.Sql", "Sessions.Store", "Sessions.Keys", "Sessions"]),
        ("Sessions.Store.PostgreSql", ["Sessions.Store.Sql", "Sessions.Store", "Sessions.Keys", "Sessions"]),
        ("Sessions.Store.Redis", ["Sessions.Store", "Sessions.Keys", "Sessions", "Providers"]),
        ("Sessions.Store.Sql", ["Sessions.Store", "Sessions.Keys", "Sessions", "Providers"]),
        ("Sessions.Store", ["Sessions.Keys", "Sessions", "Providers", "Hosting"]),
        ("Sessions.Keys", ["Sessions", "Providers", "Hosting"]),
        ("Sessions", ["Providers", "Configuration"]),
        ("Providers.Named",
            ["Providers.TokenEndpoint", "Providers.Throttling", "Providers.ClientAuthentication", "Providers.Metadata", "Providers"]),
        ("Providers.TokenEndpoint",
            ["Providers.Throttling", "Providers.ClientAuthentication", "Providers.Metadata", "Providers", "Providers.DPoP"]),
        ("Providers.Throttling", ["Providers"]),
        ("Providers.ClientAuthentication", ["Providers"]),
        ("Providers.Metadata", ["Providers"]),
        ("Providers", ["Providers.DPoP", "Configuration"]),
        ("Providers.DPoP", []),
        ("Hosting", []),
        ("Configuration", ["Configuration.Kestrel"]),
        ("Configuration.Kestrel", []),
        (Root, []),
    ];

    private static readonly Architecture House = new ArchLoader().LoadAssemblies(Product.Assemblies).Build();

    private static readonly IReadOnlyList<(IType From, IType To)> Arrows =
    [
        .. from type in House.Types
           where IsOurs(type)
           from dependency in type.Dependencies
           let arrow = (From: Outermost(type), To: Outermost(dependency.Target))
           where IsOurs(arrow.To) && arrow.From.FullName != arrow.To.FullName
           group arrow by (arrow.From.FullName, arrow.To.FullName) into same
           select same.First(),
    ];

    public static TheoryData<string> Rooms => [.. House.Types.Where(IsOurs).Select(RoomOf).Distinct().Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Rooms))]
    public void A_room_uses_only_rooms_below_it(string room)
    {
        var place = Array.FindIndex(Plan, entry => entry.Room == room);
        place.ShouldBeGreaterThanOrEqualTo(0, $"{room} needs a place in the plan");
        Plan[place].Uses.Except(Plan.Skip(place + 1).Select(entry => entry.Room)).ShouldBeEmpty("arrows point down");

        var wrong = Arrows.Where(arrow => RoomOf(arrow.From) == room && !MayUse(arrow.From, RoomOf(arrow.To)));
        wrong.Select(arrow => $"{arrow.From.Name} uses {arrow.To.FullName}").ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Rooms))]
    public void No_files_of_a_room_go_round_in_a_circle(string room)
    {
        var uses = Arrows.Where(arrow => RoomOf(arrow.From) == room && RoomOf(arrow.To) == room).ToLookup(arrow => arrow.From.Name, arrow => arrow.To.Name);
        var left = uses.Select(type => type.Key).ToHashSet();
        while (left.RemoveWhere(type => !uses[type].Any(left.Contains)) > 0)
        {
            // What uses nothing that is left is in no circle.
        }

        left.Select(type => $"{type} uses {string.Join(", ", uses[type].Where(left.Contains))}").ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Rooms))]
    public void The_plan_names_no_arrow_that_is_not_there(string room)
    {
        var used = Arrows.Where(arrow => RoomOf(arrow.From) == room).Select(arrow => RoomOf(arrow.To));
        Plan.Single(entry => entry.Room == room).Uses.Except(used).ShouldBeEmpty();
    }

    /// <summary>What people run has a command line, ports for operators and gateways, and ways to log; what is made of it has none of them.</summary>
    [Fact]
    public void The_program_has_rooms_of_its_own_above_those_of_the_library()
    {
        var (program, library) = (RoomsOf(Product.Host), RoomsOf(Product.Library));

        program.Where(room => room.Split('.')[0] is not ("Commands" or "Gateway" or "Ops" or "Hosting")).ShouldBeEmpty();
        program.Intersect(library).ShouldBe(["Hosting"], "each has what it needs of it");
        Plan.Select(entry => entry.Room).Except([.. program, .. library, Root]).ShouldBeEmpty();

        static IEnumerable<string> RoomsOf(System.Reflection.Assembly assembly) => assembly.GetTypes()
            .Where(type => type.Namespace?.StartsWith("Bff.", StringComparison.Ordinal) == true).Select(type => type.Namespace!["Bff.".Length..]).Distinct();
    }

    [Fact]
    public void Sessions_know_of_providers_nothing_but_tokens() =>
        Arrows.Where(
            arrow => RoomOf(arrow.From).StartsWith("Sessions", StringComparison.Ordinal) && RoomOf(arrow.To).StartsWith("Providers", StringComparison.Ordinal))
            .Select(arrow => arrow.To.Name).Distinct().ShouldBe(["TokenSet", "ApiToken", "ApiTarget", "ApiTokenFault"], ignoreOrder: true);

    [Fact]
    public void Only_the_store_knows_which_databases_there_are()
    {
        var elsewhere = House.Types.Where(type => IsOurs(type) && !RoomOf(type).StartsWith("Sessions.Store", StringComparison.Ordinal)).ToList();
        elsewhere.Where(type => type.Dependencies.Any(use => NamespaceOf(use.Target).StartsWith("Npgsql", StringComparison.Ordinal)
            || NamespaceOf(use.Target).StartsWith("Microsoft.Data.Sqlite", StringComparison.Ordinal)
            || NamespaceOf(use.Target).StartsWith("StackExchange.Redis", StringComparison.Ordinal))).Select(type => type.Name).ShouldBeEmpty();

        elsewhere.Where(type => type.Dependencies.Any(use => use.Target.Name is "SqliteDatabase" or "PostgreSqlDatabase" or "RedisStorage"))
            .Select(type => Outermost(type).Name).Distinct().Order(StringComparer.Ordinal).ShouldBe(["RestoreCommand", "SessionsFeature", "Workspace"]);
    }

    [Fact]
    public void Only_one_class_sends_refresh_tokens() =>
        House.Types.Where(type => type.Dependencies.OfType<MethodCallDependency>()
            .Any(call => call.TargetMember.Name.StartsWith("RequestRefreshTokenAsync", StringComparison.Ordinal)))
            .Select(type => Outermost(type).Name).Distinct().ShouldBe(["TokenEndpointClient"]);

    /// <summary>The class that puts a room together opens the rooms in it, too.</summary>
    private static bool MayUse(IType type, string room)
    {
        var from = RoomOf(type);
        var isFrontDoor = type.Name.EndsWith("Feature", StringComparison.Ordinal) || type.Name == "CommandLine";
        return room == from || room == Root || Doors.Contains(type.Name) || (isFrontDoor && room.StartsWith(from + ".", StringComparison.Ordinal))
            || Plan.Single(entry => entry.Room == from).Uses.Contains(room);
    }

    private static bool IsOurs(IType type) =>
        type.Name == nameof(Program) || NamespaceOf(type) == "Bff" || NamespaceOf(type).StartsWith("Bff.", StringComparison.Ordinal);

    private static string RoomOf(IType type) => NamespaceOf(type) is { Length: > 4 } name ? name["Bff.".Length..] : Root;

    private static string NamespaceOf(IType type) => type.Namespace?.FullName ?? "";

    private static IType Outermost(IType type) => type.FullName.IndexOf('+', StringComparison.Ordinal) is > 0 and var at
        ? House.Types.FirstOrDefault(outer => outer.FullName == type.FullName[..at]) ?? type : type;
}
