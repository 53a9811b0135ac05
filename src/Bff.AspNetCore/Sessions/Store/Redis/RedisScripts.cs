namespace Bff.Sessions.Store.Redis;

/// <summary>The scripts, each with the parts that it shares with others. The server keeps them; they are sent again when it has lost them.</summary>
internal static class RedisScripts
{
    private const string Shard = "_shard", Revocations = "_revocations", Ends = "_ends", Claims = "_claims", Leases = "_leases", Filter = "_filter";

    public static readonly string Add = Read(Revocations, Ends, "add");
    public static readonly string End = Read(Revocations, Ends, "end");
    public static readonly string RemoveUser = Read(Revocations, Ends, "remove_user");
    public static readonly string RemoveSealed = Read(Revocations, Ends, "sealed");
    public static readonly string Sweep = Read(Revocations, Ends, "sweep");
    public static readonly string ForgetEnds = Read("forget_ends");
    public static readonly string Purge = Read("purge");

    public static readonly string LogOut = Read(Revocations, Ends, "log_out");
    public static readonly string LogOutSid = Read("log_out_sid");
    public static readonly string Reserve = Read("reserve");
    public static readonly string Unreserve = Read("unreserve");

    public static readonly string Slide = Read("slide");
    public static readonly string ClaimDue = Read(Claims, "claim_due");
    public static readonly string Claim = Read(Claims, "claim");
    public static readonly string Complete = Read(Leases, "complete");
    public static readonly string Release = Read(Leases, "release");
    public static readonly string FreeLeases = Read("free_leases");
    public static readonly string NextDue = Read("next_due");
    public static readonly string CountDue = Read("count_due");

    public static readonly string CountUpcoming = Read("count_upcoming");
    public static readonly string CountTrouble = Read("count_trouble");
    public static readonly string SearchTrouble = Read(Filter, "search_trouble");
    public static readonly string Search = Read(Filter, "search");
    public static readonly string ListOfUser = Read("list_of_user");

    public static readonly string RevokeLater = Read(Revocations, "revoke_later");
    public static readonly string ClaimRevocations = Read(Revocations, "claim_revocations");
    public static readonly string CompleteRevocation = Read("complete_revocation");

    public static readonly string ClaimClientToken = Read("claim_client_token");
    public static readonly string CompleteClientToken = Read("complete_client_token");

    public static readonly string Count = Read("count");

    private static string Read(params IEnumerable<string> parts) =>
        $"local FIELDS = {{ '{string.Join("', '", SessionRecord.Fields)}' }}\nlocal MAJOR = '{SessionRecord.Major}'\n"
        + string.Join('\n', parts.Prepend(Shard).Select(ReadPart));

    private static string ReadPart(string name)
    {
        using var stream = typeof(RedisScripts).Assembly.GetManifestResourceStream($"redis/{name}.lua")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
