using Microsoft.AspNetCore.Authentication;

namespace Bff.Login;

/// <summary>How far the sign-in whose callback this request is has come.</summary>
internal sealed class SignInProgress
{
    /// <summary>The state is used up: a second callback with it fails.</summary>
    public bool HasUsedState { get; set; }

    /// <summary>The code is on its way to the provider.</summary>
    public bool IsRedeeming { get; set; }

    public DateTimeOffset RedeemedAt { get; set; }

    /// <summary>What it brought.</summary>
    public string? RefreshToken { get; set; }

    /// <summary>What it brought.</summary>
    public string? AccessToken { get; set; }

    public DateTimeOffset AccessTokenExpiresAt { get; set; }

    /// <summary>The issuer that the authorization response named (RFC 9207); null when it named none.</summary>
    public string? Issuer { get; set; }

    /// <summary>What it brought, not verified.</summary>
    public string? IdToken { get; set; }

    public static SignInProgress Of(HttpContext context)
    {
        if (context.Features.Get<SignInProgress>() is { } known) { return known; }
        var progress = new SignInProgress();
        context.Features.Set(progress);
        return progress;
    }

    /// <summary>The session the flow names; null when it names none.</summary>
    public static string? Named(AuthenticationProperties? properties, string item) =>
        properties?.Items.TryGetValue(item, out var named) == true && named is { Length: > 0 } ? named : null;
}
