namespace Bff.Providers;

/// <summary>Why a logout token is refused.</summary>
/// <param name="Word">For metrics and the audit stream; the same between releases.</param>
/// <param name="Why">For the log: a sentence of ours, free of anything the token says.</param>
internal sealed record LogoutRefusal(string Word, string Why)
{
    /// <summary>Of the request, then of the token's form, header and claims, in the order in which they are looked at.</summary>
    public const string Request = "request", Unreadable = "unreadable", Duplicate = "duplicate", Encryption = "encryption", Extension = "crit";

    public const string Type = "typ", KeyName = "kid", Algorithm = "alg", Issuer = "iss", Audience = "aud", Party = "azp", IssuedAt = "iat", Expiry = "exp";

    public const string Id = "jti", Event = "events", Nonce = "nonce", User = "sub", Session = "sid", Signature = "signature";

    /// <summary>It was used before; the provider's are not wanted.</summary>
    public const string Replay = "replay", Off = "off";

    /// <summary>It is neither right nor wrong: keys would have to be fetched for it, and must not be now. No word of a refusal.</summary>
    public const string Keys = "keys";

    public static readonly string[] Words =
    [
        Request, Unreadable, Duplicate, Encryption, Extension, Type, KeyName, Algorithm, Issuer, Audience, Party, IssuedAt, Expiry, Id, Event, Nonce, User,
        Session, Signature, Replay, Off,
    ];
}
