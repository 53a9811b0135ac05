using Microsoft.Extensions.Options;

namespace Bff.Forwarding.Identity;

/// <summary>The names of headers that only we may send, as they are configured now.</summary>
internal sealed class IdentityNames : IDisposable
{
    private readonly IDisposable? _changes;
    private volatile string[] _names;

    public IdentityNames(IOptionsMonitor<IdentityHeaderOptions> options)
    {
        _names = [.. options.CurrentValue.Names];
        _changes = options.OnChange(changed => _names = [.. changed.Names]);
    }

    /// <summary>Whether a server might take this name for one of ours. Asked for each header of each call: nothing is allocated.</summary>
    public bool Has(string name) => Has(_names, name);

    public static bool Has(IReadOnlyList<string> names, string name)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (IsSame(names[i], name)) { return true; }
        }

        return false;
    }

    /// <summary>Servers that map headers to variables make no difference between dash, dot, underscore and other signs, nor between small letters and capitals.</summary>
    private static bool IsSame(string ours, string name)
    {
        if (ours.Length != name.Length) { return false; }
        for (var i = 0; i < ours.Length; i++)
        {
            var (a, b) = (ours[i], name[i]);
            if (char.IsAsciiLetterOrDigit(b) ? char.ToLowerInvariant(a) != char.ToLowerInvariant(b) : a != '-') { return false; }
        }

        return true;
    }

    public void Dispose() => _changes?.Dispose();
}
