using Microsoft.AspNetCore.Authorization;
using Yarp.ReverseProxy.Model;

namespace Bff.Sessions.Authentication;

/// <summary>Endpoint metadata: using this endpoint keeps a session from idling out. A favicon or a status poll does not.</summary>
internal sealed class KeepsSessionAlive
{
    /// <summary>Those that say so; and those of the program around us that only a user gets at.</summary>
    public static bool Is(Endpoint? endpoint)
    {
        if (endpoint?.Metadata is not { } metadata) { return false; }
        if (metadata.GetMetadata<KeepsSessionAlive>() is not null) { return true; }
        return metadata.GetMetadata<IAuthorizeData>() is not null && metadata.GetMetadata<IAllowAnonymous>() is null
            && metadata.GetMetadata<RouteModel>() is null;
    }
}
