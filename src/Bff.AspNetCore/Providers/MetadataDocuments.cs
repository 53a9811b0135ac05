using System.Net;
using System.Text.Json.Nodes;
using Microsoft.IdentityModel.Protocols;

namespace Bff.Providers;

/// <summary>
/// Fetches the provider's metadata and keys. The metadata may be elsewhere on their origin, as many providers have them, and get the addresses that
/// <c>Endpoints</c> knows better.
/// </summary>
internal sealed class MetadataDocuments(HttpClient client, ClientRegistration registration, bool requireHttps) : IDocumentRetriever
{
    private const int MaxRedirects = 3;

    private readonly HttpDocumentRetriever _others = new(client) { RequireHttps = requireHttps };

    /// <summary>The provider's keys as they came; null where it names no address of theirs.</summary>
    public string? Keys { get; private set; }

    public async Task<string> GetDocumentAsync(string address, CancellationToken cancel)
    {
        if (address != registration.Options.EffectiveMetadataAddress) { return Keys = await _others.GetDocumentAsync(address, cancel); }
        var document = await FollowAsync(new Uri(address), cancel);
        return registration.Options.Endpoints.Count == 0 ? document : WithEndpoints(document);
    }

    /// <summary>Nothing of ours goes along, and the issuer is compared in the end; all the same, whose metadata these are should not be another host's to say.</summary>
    /// <exception cref="ProviderUnavailableException">They want to send us away, or round in a circle.</exception>
    private async Task<string> FollowAsync(Uri address, CancellationToken cancel)
    {
        for (var (at, hop) = (address, 0); ; hop++)
        {
            using var response = await client.GetAsync(at, cancel);
            if (!IsRedirect(response.StatusCode) || response.Headers.Location is not { } location)
            {
                if (response.IsSuccessStatusCode) { return await response.Content.ReadAsStringAsync(cancel); }
                throw new HttpRequestException($"{Printable.Address(at.AbsoluteUri)} responds with {(int)response.StatusCode}.");
            }

            var next = new Uri(at, location);
            var shown = Printable.Address(next.AbsoluteUri);
            if (Origin(next) != Origin(address))
            {
                throw new ProviderUnavailableException(
                    $"The metadata at {Printable.Address(address.AbsoluteUri)} redirect to another origin: {shown}. If that is the provider's, set "
                    + $"{registration.Section}:{nameof(OidcOptions.MetadataAddress)} to it.");
            }

            if (hop == MaxRedirects)
            {
                throw new ProviderUnavailableException(
                    $"The metadata at {Printable.Address(address.AbsoluteUri)} redirect more than {MaxRedirects} times, the last time to {shown}.");
            }

            at = next;
        }
    }

    private string WithEndpoints(string document)
    {
        if (JsonNode.Parse(document) is not JsonObject metadata) { return document; }
        foreach (var (name, address) in registration.Options.Endpoints) { metadata[name] = address; }
        return metadata.ToJsonString();
    }

    private static bool IsRedirect(HttpStatusCode status) => status is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
        or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;

    private static string Origin(Uri address) => address.GetLeftPart(UriPartial.Authority);
}
