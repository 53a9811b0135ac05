using Bff.Configuration;
using Bff.Forwarding.PassThrough;

namespace Bff.Forwarding;

/// <summary>What must be right where callers bring tokens of their own: that it is said for whom those must be.</summary>
internal static class PassThroughRoutes
{
    public static IEnumerable<string> Mistakes(IConfiguration configuration)
    {
        var hasAudiences = configuration.GetSection($"{PassThroughFeature.Section}:{nameof(PassThroughOptions.Audiences)}").GetChildren().Any();
        foreach (var route in configuration.GetSection($"{RouteCheck.Section}:Routes").GetChildren())
        {
            var (word, audience) = (route[$"Metadata:{TokenPolicies.MetadataKey}"], route[$"Metadata:{PassThroughFeature.AudienceMetadata}"]);
            var takesTokens = word is nameof(TokenPolicy.PassThrough) or nameof(TokenPolicy.UserOrPassThrough);
            if (takesTokens && string.IsNullOrWhiteSpace(audience) && (audience is not null || !hasAudiences))
            {
                yield return $"{route.Path}:Metadata:{PassThroughFeature.AudienceMetadata}: is required where callers bring their own tokens: the aud "
                    + $"that those must have. For all such routes: {PassThroughFeature.Section}:{nameof(PassThroughOptions.Audiences)}.";
            }
        }
    }
}
