using System.Globalization;
using System.Text.Json;

namespace Bff.Sessions.Store.Redis;

/// <summary>Sessions of several shards that are to end, as one of the shards notes it until that is done.</summary>
/// <param name="Begun">When it was noted. Whoever noted it does it at once; later anybody does.</param>
/// <param name="Reason">Why they end.</param>
/// <param name="Clients">They end if they are of one of these.</param>
/// <param name="Places">Which they are.</param>
internal sealed record UnfinishedEnds(DateTimeOffset Begun, string Reason, IReadOnlyList<string> Clients, IReadOnlyList<Place> Places)
{
    /// <summary>And if this is what the provider calls theirs; null for whatever it is.</summary>
    public string? Sid { get; init; }

    /// <summary>And if they are of this tenant, in the words of their claims; null for whichever.</summary>
    public string? Tenant { get; init; }

    /// <summary>Those that are not there are kept from coming until then; null where none is to come.</summary>
    public DateTimeOffset? ForgetMarkAt { get; init; }

    /// <summary>As <c>time json</c> and a line of places.</summary>
    public override string ToString() => $"{Head}{string.Join(' ', Places)}";

    /// <summary>What stands before the places.</summary>
    public string Head
    {
        get
        {
            var note = JsonSerializer.Serialize(new Note(Reason, Clients, Sid, Tenant, ForgetMarkAt));
            return string.Create(CultureInfo.InvariantCulture, $"{Begun.ToUnixTimeMilliseconds()} {note}\n");
        }
    }

    /// <returns>Null for what is none.</returns>
    public static UnfinishedEnds? Parse(string text)
    {
        var lines = text.Split('\n', 2);
        var (time, json) = lines[0].Split(' ', 2) is [var first, var rest] ? (first, rest) : ("", "");
        if (lines.Length < 2 || !long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var begun)) { return null; }
        try
        {
            return JsonSerializer.Deserialize<Note>(json) is { Reason: not null, Clients: not null } note
                ? new(DateTimeOffset.FromUnixTimeMilliseconds(begun), note.Reason, note.Clients, PlacesIn(lines[1]))
                {
                    Sid = note.Sid, Tenant = note.Tenant, ForgetMarkAt = note.ForgetMarkAt,
                }
                : null;
        }
        catch (Exception error) when (error is JsonException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    private static IReadOnlyList<Place> PlacesIn(string line) => [.. line.Split(' ').Select(Place.Parse).OfType<Place>()];

    private sealed record Note(string? Reason, IReadOnlyList<string>? Clients, string? Sid, string? Tenant, DateTimeOffset? ForgetMarkAt);
}
