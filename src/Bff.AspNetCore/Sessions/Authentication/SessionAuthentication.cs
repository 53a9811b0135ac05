using System.Globalization;
using Microsoft.AspNetCore.Authentication;

namespace Bff.Sessions.Authentication;

internal static class SessionAuthentication
{
    public const string Scheme = "bff";

    /// <summary>Names the session a sign-in replaces, for browsers that do not send the cookie along when the provider sends them back.</summary>
    public const string Replaces = "bff.replaces";

    /// <summary>Names the provider that the user signs in at; the one without a name where nothing is said.</summary>
    public const string Provider = "bff.provider";

    /// <summary>Names the front end that a flow began at; it can end at no other.</summary>
    public const string FrontEnd = "bff.front_end";

    /// <summary>When the flow was begun, in milliseconds (Unix time): what ended since then must not begin again with it.</summary>
    public const string BegunAt = "bff.begun_at";

    /// <summary>Marks a sign-in that nobody sees, and says where it ends.</summary>
    public const string Silent = "bff.silent";

    /// <summary>Names the session a silent sign-in renews: same user, same key, same ends, new tokens.</summary>
    public const string Continues = "bff.continues";

    /// <summary>Long ago for a flow that does not say.</summary>
    public static DateTimeOffset ReadBegunAt(AuthenticationProperties properties) =>
        properties.Items.TryGetValue(BegunAt, out var at) && long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : DateTimeOffset.UnixEpoch;
}
