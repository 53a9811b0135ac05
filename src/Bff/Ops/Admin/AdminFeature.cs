namespace Bff.Ops.Admin;

/// <summary>Sessions for operators: search, show, end, renew.</summary>
internal static class AdminFeature
{
    public const string Path = "/sessions";

    public static void AddAdmin(this IServiceCollection services) => services.AddSingleton<SessionAdmin>().AddSingleton<AdminAudit>();

    public static void MapAdmin(this IEndpointRouteBuilder ops)
    {
        var sessions = ops.MapGroup(Path);
        sessions.MapGet("", SessionsEndpoint.Search);
        sessions.MapDelete("", SessionsEndpoint.EndAllOfUser);
        sessions.MapGet("/{handle}", SessionsEndpoint.Show);
        sessions.MapDelete("/{handle}", SessionsEndpoint.End);
        sessions.MapPost("/{handle}/renew", SessionsEndpoint.Renew);
    }
}
