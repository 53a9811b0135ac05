using System.Buffers.Text;
using System.Text.Json;
using Bff.Providers.Metadata;
using Bff.Providers.Named;
using Microsoft.Extensions.Primitives;

namespace Bff.Login;

/// <summary>
/// An authorization response that the provider has signed (JWT Secured Authorization Response Mode for OAuth 2.0, JARM). What stands beside the token is
/// nobody's word, so nothing may.
/// </summary>
internal static class SignedResponse
{
    public const string Parameter = "response";

    private static readonly string[] Names = ["code", "state", "iss", "error", "error_description", "error_uri", "session_state"];

    /// <returns>The token; null when the callback has something else, or more.</returns>
    public static string? In(IReadOnlyCollection<KeyValuePair<string, StringValues>> parameters) =>
        parameters.Count == 1 && parameters.First() is { Key: Parameter, Value: [{ Length: > 0 } token] } ? token : null;

    /// <summary>What it says of the flow, not verified: enough to refuse it before anything is done for it.</summary>
    public static string? StateOf(string token)
    {
        if (token.Split('.', 4) is not [_, var claims, _]) { return null; }
        try
        {
            using var payload = JsonDocument.Parse(Base64Url.DecodeFromChars(claims));
            return payload.RootElement.ValueKind == JsonValueKind.Object && payload.RootElement.TryGetProperty("state", out var state)
                && state.ValueKind == JsonValueKind.String ? state.GetString() : null;
        }
        catch (Exception error) when (error is FormatException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The parameters in it.</summary>
    /// <exception cref="SignInRefusedException">It is not the provider's, not for us, or not valid any more.</exception>
    public static async Task<Dictionary<string, StringValues>> OpenAsync(string token, Provider provider, CancellationToken cancellationToken)
    {
        var result = await provider.ValidateResponseAsync(token, cancellationToken);
        if (!result.IsValid) { throw Refused(result.Exception is TokenRefusedException refused ? refused.Message : "The signed response is not valid."); }
        var parameters = new Dictionary<string, StringValues>(StringComparer.Ordinal);
        using var payload = JsonDocument.Parse(Base64Url.DecodeFromChars(token.Split('.')[1]));
        foreach (var member in payload.RootElement.EnumerateObject().Where(member => Names.Contains(member.Name)))
        {
            // The library takes a list of one for the one.
            if (member.Value.ValueKind != JsonValueKind.String) { throw Refused("A parameter in the signed authorization response is no text."); }
            parameters.Add(member.Name, member.Value.GetString());
        }

        return parameters;
    }

    private static SignInRefusedException Refused(string why) => new(SignInFailure.Failed, why);
}
