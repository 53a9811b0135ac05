using Bff.FrontEnds;
using Bff.Hosting;
using Microsoft.Extensions.Options;

namespace Bff.Guard;

/// <summary>
/// Who can be reached from other machines, or by a proxy for them, has to be told the address; to take it from their requests would let them choose it.
/// </summary>
/// <param name="listeners">The addresses of the public port.</param>
/// <param name="development">Then nobody depends on what is refused.</param>
internal sealed class PublicUrlRequired(PublicListeners listeners, bool development) : IValidateOptions<ProxyOptions>
{
    private const string Key = "Bff:" + nameof(ProxyOptions.PublicUrl);

    public ValidateOptionsResult Validate(string? name, ProxyOptions options) =>
        !development && Mistake(options) is { } mistake ? ValidateOptionsResult.Fail(mistake) : ValidateOptionsResult.Success;

    private string? Mistake(ProxyOptions options)
    {
        if (!string.IsNullOrEmpty(options.PublicUrl))
        {
            return PublicAddress.Parse(options.PublicUrl) is { Scheme: "http" } address && !PublicAddress.IsLoopback(address.Host.Host)
                ? $"{Key}: must be https, since over plain http browsers store the Secure session cookie for this machine only. "
                    + "Where a proxy in front speaks TLS, write the https address that browsers use."
                : null;
        }

        var reason = options.TrustedProxies.Length > 0
            ? "since Bff:TrustedProxies names a proxy in front"
            : listeners.Addresses.Select(Reason).FirstOrDefault(found => found is not null);
        return reason is null ? null : $"{Key}: is required, {reason}. "
            + "Write the address that browsers use, such as https://app.example.com; redirect URIs and the accepted Host come from it.";
    }

    private static string? Reason(string listened)
    {
        try
        {
            var address = BindingAddress.Parse(listened);
            if (address.IsUnixPipe || address.IsNamedPipe) { return $"since only a proxy in front can reach '{listened}'"; }
            return PublicAddress.IsLoopback(address.Host) ? null : $"since '{listened}' can be reached from other machines";
        }
        catch (FormatException)
        {
            return null;   // Kestrel will say what is wrong with it
        }
    }
}
