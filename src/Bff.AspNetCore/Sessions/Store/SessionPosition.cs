using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Bff.Sessions.Store;

/// <summary>A place in the list of sessions, newest first: after this one.</summary>
internal sealed record SessionPosition(DateTimeOffset CreatedAt, string Handle)
{
    public static SessionPosition Of(Session session) => new(session.CreatedAt, $"{session.Id}");

    public override string ToString() => $"{CreatedAt.ToUnixTimeMilliseconds()}.{Handle}";

    public static bool TryParse(string text, [NotNullWhen(true)] out SessionPosition? position)
    {
        position = text.Split('.') is [var time, { Length: SessionId.HandleLength } handle]
            && long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at <= Latest
            ? new(DateTimeOffset.FromUnixTimeMilliseconds(at), handle) : null;
        return position is not null;
    }

    private static readonly long Latest = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();
}
