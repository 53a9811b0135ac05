using System.Text.Json;
using Bff.Providers;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Bff.Commands.Check;

/// <summary>The provider's metadata by the names of their members, whether the library has a property for one or not.</summary>
internal sealed class AnnouncedMembers(OpenIdConnectConfiguration metadata)
{
    private readonly JsonElement _all = JsonDocument.Parse(OpenIdConnectConfiguration.Write(metadata)).RootElement;

    /// <summary>The texts in a list; none when it is not there.</summary>
    public IReadOnlyList<string> List(string name) => _all.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
        ? [.. list.EnumerateArray().Select(IdTokenClaims.TextOf).OfType<string>()] : [];

    public bool IsTrue(string name) => _all.TryGetProperty(name, out var value)
        && (value.ValueKind == JsonValueKind.True || (bool.TryParse(IdTokenClaims.TextOf(value), out var flag) && flag));
}
