namespace Bff.Forwarding;

/// <summary>Of gRPC's statuses those that are said here; the numbers are the protocol's.</summary>
internal enum GrpcStatus
{
    /// <summary>Whoever calls may try again.</summary>
    Unavailable = 14,

    /// <summary>Nobody is signed in any more.</summary>
    Unauthenticated = 16,
}
