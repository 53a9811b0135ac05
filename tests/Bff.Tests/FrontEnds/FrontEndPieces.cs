using Bff.Configuration;
using Bff.FrontEnds;
using Bff.Providers;
using Bff.Sessions;

namespace Bff.Tests.FrontEnds;

/// <summary>Front ends put together without a program around them.</summary>
internal static class FrontEndPieces
{
    public static FrontEndSet Of(SpaOptions? spa = null, SessionsOptions? sessions = null, AcceptedConfiguration? accepted = null) => new(
        accepted ?? new AcceptedConfiguration(), FixedOptions.Of(spa ?? new SpaOptions()), FixedOptions.Of(sessions ?? new SessionsOptions()),
        new ProviderNames([ClientRegistration.DefaultName]));
}
