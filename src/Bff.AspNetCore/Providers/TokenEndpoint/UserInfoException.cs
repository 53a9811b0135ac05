namespace Bff.Providers.TokenEndpoint;

/// <summary>The userinfo endpoint brought nothing that may be used.</summary>
/// <param name="why">A sentence of ours, free of anything the provider sent.</param>
/// <param name="fault">What became of the endpoint.</param>
internal sealed class UserInfoException(string why, UserInfoFault fault) : Exception(why)
{
    public UserInfoFault Fault => fault;
}
