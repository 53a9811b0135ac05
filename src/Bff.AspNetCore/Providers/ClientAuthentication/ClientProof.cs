using System.Net.Http.Headers;

namespace Bff.Providers.ClientAuthentication;

/// <summary>What one call says of who we are: a header, or fields of its form. Fit for this call only.</summary>
/// <param name="Header">For <c>Authorization</c>.</param>
/// <param name="Fields">For the form.</param>
internal sealed record ClientProof(AuthenticationHeaderValue? Header, IReadOnlyDictionary<string, string> Fields)
{
    /// <summary>A POST with this form, in our name. What the form says of a client is replaced.</summary>
    /// <param name="endpoint">Where to.</param>
    /// <param name="form">What the call is about.</param>
    public HttpRequestMessage Post(string endpoint, IEnumerable<KeyValuePair<string, string>> form)
    {
        var whole = new Dictionary<string, string>(form.Where(field => !IsOfProof(field.Key)));
        foreach (var (name, value) in Fields) { whole[name] = value; }
        return new HttpRequestMessage(HttpMethod.Post, endpoint)
        {
            Content = new FormUrlEncodedContent(whole), Headers = { Accept = { new("application/json") }, Authorization = Header },
        };
    }

    /// <summary>A record prints its members; this must never reach a log.</summary>
    public override string ToString() => nameof(ClientProof);

    private static bool IsOfProof(string name) => name is "client_secret" or "client_assertion" or "client_assertion_type";
}
