namespace Bff.Forwarding;

/// <summary>On a request whose route's connections end with the token they began with: when that one expires, once it is known.</summary>
internal sealed class SentToken
{
    public DateTimeOffset? ExpiresAt { get; set; }
}
