using System.Security.Cryptography;
using System.Text.Json;
using Bff.Providers;
using Microsoft.AspNetCore.DataProtection;

namespace Bff.Sessions.Keys;

/// <summary>Encrypts the tokens of a session for the store, bound to that session: a row copied onto another one does not open.</summary>
internal sealed partial class TokenProtector(IDataProtectionProvider protection, ILogger<TokenProtector> logger, SessionMetrics? metrics = null)
{
    private readonly IDataProtector _protector = protection.CreateProtector("Bff.Sessions.Tokens.v1");

    private const string ClientPrefix = "client:";

    private sealed record Envelope(string Session, TokenSet Tokens);

    public byte[] Protect(SessionId id, TokenSet tokens)
    {
        // Of a local copy: the store would lose the refresh token.
        if (tokens.StoreHasRefreshToken is not null) { throw new ArgumentException("These tokens are not whole.", nameof(tokens)); }
        return _protector.Protect(JsonSerializer.SerializeToUtf8Bytes(new Envelope(id.Value, tokens)));
    }

    /// <summary>As <see cref="Protect"/>, for a token of our client's: bound to its name, which is no session's.</summary>
    public byte[] ProtectOfClient(string name, TokenSet tokens) => Protect(new SessionId(ClientPrefix + name), tokens);

    /// <summary>Null when this key ring cannot open it.</summary>
    public TokenSet? UnprotectOfClient(string name, byte[] sealedTokens) => Unprotect(new SessionId(ClientPrefix + name), sealedTokens);

    /// <summary>Finds out at start whether the keys can be read and written, not at the first sign-in.</summary>
    /// <exception cref="IOException">They cannot; the message names the setting.</exception>
    public void Probe()
    {
        try
        {
            _protector.Unprotect(_protector.Protect([]));
        }
        catch (Exception error)
        {
            throw SessionStoreException.In(error) ?? (Exception)KeyCertificates.Unusable(error);
        }
    }

    /// <summary>Waits, without a thread, for the key of another node that sealed this, if it has not been read yet: all rows share one reading.</summary>
    public Task LearnKeyAsync(byte[] sealedTokens, CancellationToken cancellationToken) =>
        protection is LiveKeys keys ? keys.LooksForAsync(sealedTokens, cancellationToken) : Task.CompletedTask;

    /// <summary>Why keys could not be read the last time; null when they could.</summary>
    public SessionStoreException? Unreadable => (protection as LiveKeys)?.Unreadable;

    /// <summary>Its row holds what nobody can make sense of.</summary>
    public void IsUnreadable(SessionId id) => RowIsDamaged(id);

    /// <summary>Null when this key ring cannot open it. The row stays: with the right keys it opens again.</summary>
    public TokenSet? Unprotect(SessionId id, byte[] sealedTokens) => Open(id, sealedTokens, _protector.Unprotect);

    /// <summary>Opens with revoked keys, too: what they sealed is what most needs to be revoked at the provider.</summary>
    public TokenSet? UnprotectToRevoke(SessionId id, byte[] sealedTokens) =>
        Open(id, sealedTokens, text => ((IPersistedDataProtector)_protector).DangerousUnprotect(text, ignoreRevocationErrors: true, out _, out _));

    private TokenSet? Open(SessionId id, byte[] sealedTokens, Func<byte[], byte[]> unprotect)
    {
        try
        {
            var envelope = JsonSerializer.Deserialize<Envelope>(unprotect(sealedTokens));
            if (envelope?.Session == id.Value) { return envelope.Tokens; }
        }
        catch (Exception error) when (error is CryptographicException or JsonException)
        {
            // Said below, without the exception: it may quote what it could not read.
        }

        metrics?.Unreadable();
        CannotBeOpened(id);
        return null;
    }

    [LoggerMessage(
        LogLevel.Error,
        "The tokens of session {Session} cannot be decrypted: the Data Protection keys are not those that wrote them, or were revoked. Restore the keys, or "
        + "sign in again.")]
    private partial void CannotBeOpened(SessionId session);

    [LoggerMessage(LogLevel.Error, "What is stored of session {Session} is damaged: its user has to sign in again.")]
    private partial void RowIsDamaged(SessionId session);
}
