using Bff.FrontEnds;
using Bff.Guard;
using Bff.Hosting;
using Bff.Providers;
using Bff.Providers.Named;
using Microsoft.Extensions.Options;

namespace Bff.Commands.Check;

/// <summary>Which front ends sign users in at a provider, and with what, so that a check tries what a sign-in will do.</summary>
internal sealed class FrontEndSignIns(FrontEndSet frontEnds, PublicListeners listeners, IOptions<ProxyOptions> proxy)
{
    private const string BackChannelPath = "/bff/backchannel";

    /// <summary>Nothing says where browsers find us, so it is taken that they are on this machine.</summary>
    public bool IsGuessed => string.IsNullOrEmpty(proxy.Value.PublicUrl);

    public IReadOnlyList<FrontEndSignIn> At(Provider provider)
    {
        // A port that the system chooses at the start is not known.
        var ours = PublicAddress.Parse(IsGuessed ? listeners.LocalUrl : proxy.Value.PublicUrl) ?? PublicAddress.Parse(Listening.DefaultAddress)!;
        return
        [
            .. from frontEnd in frontEnds.All
               where frontEnd.Providers.Contains(provider.Name, StringComparer.Ordinal)
               let ownScope = !string.IsNullOrEmpty(frontEnd.Scope)
               from address in ours.Of(frontEnd)
               select new FrontEndSignIn(
                   frontEnds.Named.Count == 0 ? null : frontEnd.Name,
                   address + OidcScheme.CallbackOf(provider.Name), address + OidcScheme.SignedOutCallbackOf(provider.Name), address + BackChannelPath,
                   ownScope ? frontEnd.Scope! : provider.Options.Scope, $"{(ownScope ? frontEnd.Section : provider.Registration.Section)}:Scope",
                   string.IsNullOrEmpty(frontEnd.Audience) ? provider.Options.Audience : frontEnd.Audience),
        ];
    }
}
