using Bff.Configuration;
using Bff.Forwarding.Identity;
using Yarp.ReverseProxy.Configuration;

namespace Bff.Forwarding;

/// <summary>What must be right where APIs are told in headers who calls: that somebody is known, and that nobody else may say it.</summary>
internal static class IdentityRoutes
{
    private const string AllowedRequestHeaders = $"Bff:Forwarding:{nameof(ForwardingOptions.AllowedRequestHeaders)}";

    private const string KnowsNobody = "nobody is known on this route. Give it a Bff.Token, or an AuthorizationPolicy other than anonymous.";

    public static IEnumerable<string> Mistakes(IConfiguration configuration)
    {
        var names = (configuration.GetSection(IdentityFeature.Section).Get<IdentityHeaderOptions>() ?? new()).Names.ToList();
        foreach (var allowed in configuration.GetSection(AllowedRequestHeaders).GetChildren().Where(entry => IdentityNames.Has(names, entry.Value ?? "")))
        {
            yield return $"{allowed.Path}: {OnlyOurs(allowed.Value!)}";
        }

        foreach (var route in configuration.GetSection($"{RouteCheck.Section}:Routes").GetChildren())
        {
            var (key, metadata) = ($"{route.Path}:Metadata", route.GetSection("Metadata").Get<Dictionary<string, string>>() ?? []);
            if (metadata.TryGetValue(IdentityFeature.RouteMetadata, out var word))
            {
                if (!bool.TryParse(word, out var isOn)) { yield return $"{key}:{IdentityFeature.RouteMetadata}: '{word}' is neither true nor false."; }
                else if (isOn && !KnowsCallers(route, metadata)) { yield return $"{key}:{IdentityFeature.RouteMetadata}: {KnowsNobody}"; }
            }

            if (metadata.TryGetValue(IdentityFeature.AssertionMetadata, out var audience))
            {
                var assertion = $"{key}:{IdentityFeature.AssertionMetadata}";
                if (string.IsNullOrWhiteSpace(audience)) { yield return $"{assertion}: is empty: write the aud that the API expects."; }
                else if (!KnowsCallers(route, metadata)) { yield return $"{assertion}: {KnowsNobody}"; }
                if (string.IsNullOrEmpty(configuration["Bff:PublicUrl"])) { yield return $"{assertion}: needs Bff:PublicUrl, which is the iss of assertions."; }
            }

            var listed = (metadata.GetValueOrDefault(HeaderNameList.MetadataKey) ?? "").Split([',', ' '], StringSplitOptions.RemoveEmptyEntries);
            foreach (var wrong in listed.Where(name => IdentityNames.Has(names, name)))
            {
                yield return $"{key}:{HeaderNameList.MetadataKey}: {OnlyOurs(wrong)}";
            }
        }
    }

    private static bool KnowsCallers(IConfigurationSection route, Dictionary<string, string> metadata)
    {
        var config = new RouteConfig { Metadata = metadata, AuthorizationPolicy = route[nameof(RouteConfig.AuthorizationPolicy)] };
        return TokenPolicies.UsesSession(config) || TokenPolicies.TakesTokens(config);
    }

    private static string OnlyOurs(string name) => $"'{name}' is a header of {IdentityFeature.Section}, which no caller may send.";
}
