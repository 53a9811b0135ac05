using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Security.Authentication;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Bff.Configuration;
using Bff.Configuration.Kestrel;
using Bff.Forwarding;
using Bff.Guard;
using Yarp.ReverseProxy.Configuration;

namespace Bff.Tests.Documentation;

/// <summary>
/// Makes <c>bff.schema.json</c>: our sections from the options classes, the routes and the listeners from the types YARP and Kestrel bind them to. Draft 7 of
/// JSON Schema, which every editor knows.
/// </summary>
internal static class ConfigurationSchema
{
    /// <summary>As <see cref="Durations"/> reads them.</summary>
    public const string DurationPattern = @"^\s*(0|-?([0-9]+\.)?[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{7})?|(?=[0-9])"
        + $"({Number}d)?({Number}h)?({Number}m)?({Number}s)?({Number}ms)?" + @")\s*$";

    private const string Number = @"[0-9]+(\.[0-9]+)?";

    private static readonly JsonSerializerOptions Bound = new()
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { KeepWhatCanBeSet } },
        Converters = { new JsonStringEnumConverter() },
    };

    private static readonly JsonSerializerOptions Printed = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private sealed record ReverseProxy(IReadOnlyDictionary<string, RouteConfig>? Routes, IReadOnlyDictionary<string, ClusterConfig>? Clusters);

    public static string Write(IReadOnlyList<SettingsSection> sections)
    {
        var schema = new JsonObject
        {
            ["$schema"] = "http://json-schema.org/draft-07/schema#",
            ["title"] = "Settings of Bff",
            ["description"] = "Made from the options classes; see CONTRIBUTING.md. docs/reference.md says more about each setting.",
            ["type"] = "object",
            ["properties"] = new JsonObject
            {
                ["$schema"] = new JsonObject { ["type"] = "string" },
                ["Bff"] = Section("Bff", sections),
                ["ReverseProxy"] = SchemaOf(typeof(ReverseProxy)),
                ["Kestrel"] = SchemaOf(typeof(KestrelSettings.Schema)),
            },
            ["definitions"] = new JsonObject { ["duration"] = new JsonObject { ["type"] = "string", ["pattern"] = DurationPattern } },
        };
        return schema.ToJsonString(Printed) + "\n";
    }

    /// <summary>A section holds the settings of its options classes, and the sections below it.</summary>
    private static JsonObject Section(string path, IReadOnlyList<SettingsSection> sections)
    {
        var own = sections.Where(section => section.Path == path).ToList();
        var properties = new SortedDictionary<string, JsonNode>(StringComparer.Ordinal);
        foreach (var section in own)
        {
            foreach (var (name, node) in SchemaOf(section.Options)["properties"]!.AsObject()) { properties[name] = node!.DeepClone(); }
        }

        var below = sections.Where(section => section.Path.StartsWith(path + ":", StringComparison.Ordinal));
        foreach (var name in below.Select(section => section.Path[(path.Length + 1)..].Split(':')[0]).Distinct())
        {
            var named = sections.FirstOrDefault(section => section.IsNamed && section.Path == $"{path}:{name}");
            properties[name] = named is null ? Section($"{path}:{name}", sections) : Named(named);
        }

        var schema = new JsonObject { ["type"] = "object" };
        if (own.Count > 0) { schema["description"] = string.Join(' ', own.Select(section => OptionText.Summary(section.Options))); }
        schema["properties"] = new JsonObject(properties.Select(property => KeyValuePair.Create(property.Key, (JsonNode?)property.Value)));
        schema["additionalProperties"] = false;
        return schema;
    }

    /// <summary>The operator gives the names.</summary>
    private static JsonObject Named(SettingsSection section)
    {
        var one = new JsonObject { ["type"] = "object", ["description"] = OptionText.Summary(section.Options) };
        one["properties"] = SchemaOf(section.Options)["properties"]!.DeepClone();
        one["additionalProperties"] = false;
        return new()
        {
            ["type"] = "object",
            ["propertyNames"] = new JsonObject { ["pattern"] = $"^[a-z0-9-]{{1,{SettingsSection.MaxName}}}$" },
            ["additionalProperties"] = one,
        };
    }

    private static JsonNode SchemaOf(Type type) =>
        Bound.GetJsonSchemaAsNode(type, new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Transform });

    /// <summary>A section's computed values are no settings.</summary>
    private static void KeepWhatCanBeSet(JsonTypeInfo type)
    {
        if (!IsOurs(type.Type)) { return; }
        foreach (var property in type.Properties.Where(property => property.Set is null).ToList()) { type.Properties.Remove(property); }
    }

    private static JsonObject Transform(JsonSchemaExporterContext context, JsonNode node)
    {
        var type = Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type;
        var schema = Value(type, isItem: context.PropertyInfo is null) ?? (node as JsonObject ?? []);
        schema.Remove("required");
        schema.Remove("default");
        if (schema["type"] is JsonArray types) { schema["type"] = types.First(one => one!.GetValue<string>() != "null")!.DeepClone(); }   // null is "not set"
        if (schema["enum"] is JsonArray values)
        {
            foreach (var nothing in values.Where(value => value is null).ToList()) { values.Remove(nothing); }
        }

        if (schema.ContainsKey("properties")) { schema["additionalProperties"] = false; }
        if (context.PropertyInfo?.AttributeProvider is PropertyInfo property) { Describe(property, type, schema); }
        return schema;
    }

    /// <summary>What a configuration writes otherwise than JSON does.</summary>
    private static JsonObject? Value(Type type, bool isItem)
    {
        if (type == typeof(TimeSpan)) { return new() { ["allOf"] = new JsonArray(new JsonObject { ["$ref"] = "#/definitions/duration" }) }; }
        if (type == typeof(Uri) || type == typeof(Version)) { return new() { ["type"] = "string" }; }
        if (type == typeof(SslProtocols) && !isItem) { return new() { ["type"] = "array", ["items"] = Names(type) }; }   // flags are a list
        if (type == typeof(bool)) { return new() { ["type"] = "boolean" }; }
        if (type == typeof(int) || type == typeof(long) || type == typeof(uint)) { return new() { ["type"] = "integer" }; }
        if (type == typeof(double)) { return new() { ["type"] = "number" }; }
        return type.IsEnum ? Names(type) : null;
    }

    private static JsonObject Names(Type type) => new() { ["enum"] = new JsonArray([.. SettingValue.NamesOf(type).Select(name => (JsonNode)name)]) };

    private static void Describe(PropertyInfo property, Type type, JsonObject schema)
    {
        var declaring = property.DeclaringType!;
        if (!IsOptions(declaring))
        {
            if (declaring == typeof(RouteConfig) && property.Name == nameof(RouteConfig.Metadata)) { schema["properties"] = RouteMetadata(); }
            return;
        }

        var restart = property.GetCustomAttribute<NeedsRestartAttribute>() is null ? "" : " A change needs a restart.";
        schema["description"] = OptionText.Summary(declaring, property.Name) + restart;
        if (property.GetCustomAttribute<AllowedValuesAttribute>() is { } allowed)
        {
            schema["enum"] = new JsonArray([.. allowed.Values.Select(value => (JsonNode)value!.ToString()!)]);
        }

        if (property.GetCustomAttribute<RangeAttribute>() is { } range && type == typeof(int))
        {
            (schema["minimum"], schema["maximum"]) = (JsonValue.Create((int)range.Minimum), JsonValue.Create((int)range.Maximum));
        }

        if (property.GetValue(Activator.CreateInstance(declaring)) is { } value and not ("" or Array or System.Collections.IDictionary)
            && !SettingValue.IsNested(property.PropertyType))
        {
            schema["default"] = Default(value);
        }

        if (declaring == typeof(ConfigurationFileOptions)) { AllowOne(schema); }
    }

    private static JsonNode Default(object value) => value switch
    {
        TimeSpan time => OptionText.Duration(time),
        bool flag => flag,
        int number => number,
        _ => value.ToString()!,
    };

    /// <summary><c>Bff:ConfigFile</c> may be given as the plain value.</summary>
    private static void AllowOne(JsonObject schema)
    {
        var list = new JsonObject { ["type"] = "array", ["items"] = schema["items"]!.DeepClone() };
        schema.Remove("type");
        schema.Remove("items");
        schema["anyOf"] = new JsonArray(new JsonObject { ["type"] = "string" }, list);
    }

    /// <summary>What Bff reads of a route's metadata; YARP and its extensions may read more.</summary>
    private static JsonObject RouteMetadata() => new()
    {
        ["Bff.Token"] = new JsonObject
        {
            ["description"] = "The token a call is sent with: none, the user's (401 without a session), the user's where somebody is signed in, the "
                + "application's own, the user's or else the application's own, one that the user's is exchanged for, or the caller's own.",
            ["enum"] = new JsonArray([.. Enum.GetNames<TokenPolicy>().Select(name => (JsonNode)name)]),
        },
        [RouteToken.AudienceKey] = Text(
            "The API that the token is for, by its name at the provider: a session has a token for each. And for whom a token that a caller brings must be."),
        [RouteToken.ResourceKey] = Text("The API that the token is for, by its address (RFC 8707): an absolute URI without a fragment."),
        [RouteToken.ScopeKey] = Text("The scopes of the token, separated by single spaces."),
        [RouteToken.ProviderKey] = Text("Whose token is sent: a name of Bff:Providers, or default."),
        ["Bff.IdentityHeaders"] = new JsonObject
        {
            ["description"] = "Whether the API is told in headers who calls; see Bff:IdentityHeaders.", ["enum"] = new JsonArray("true", "false"),
        },
        ["Bff.Assertion"] = new JsonObject
        {
            ["description"] = "For whom a signed assertion of who calls is made (aud); without it none is sent.", ["type"] = "string",
        },
        ["Bff.RequestHeaders"] = new JsonObject
        {
            ["description"] = "The only request headers that go upstream, beside those every API needs; separated by commas.", ["type"] = "string",
        },
        [CsrfModes.MetadataKey] = Words<CsrfMode>("What a request needs: the X-CSRF header; or none for what a browser fetches without script; or for a page."),
        [StreamPolicy.ActivityTimeoutKey] = new JsonObject
        {
            ["description"] = "How long a WebSocket, an event stream or a gRPC call may be quiet before it ends; 1s to 1d.",
            ["allOf"] = new JsonArray(new JsonObject { ["$ref"] = "#/definitions/duration" }),
        },
        [StreamPolicy.CountsAsUseKey] = Words<UseOfSession>("What is use of the session: each request, what its connection carries as well, or nothing."),
        [StreamPolicy.EndsWithTokenKey] = new JsonObject
        {
            ["description"] = "Whether WebSockets and responses end with the access token they began with.", ["enum"] = new JsonArray("true", "false"),
        },
        [StreamPolicy.MaxConnectionsKey] = Count("WebSockets and event streams open at once through one node, for this route."),
        [StreamPolicy.MaxPerSessionKey] = Count("WebSockets and event streams open at once through one node, for this route and one session or address."),
    };

    private static JsonObject Text(string description) => new() { ["description"] = description, ["type"] = "string" };

    private static JsonObject Words<T>(string description)
        where T : struct, Enum => new()
        {
            ["description"] = description, ["enum"] = new JsonArray([.. Enum.GetNames<T>().Select(name => (JsonNode)name)]),
        };

    /// <summary>Metadata are texts.</summary>
    private static JsonObject Count(string description) => new() { ["description"] = description, ["type"] = "string", ["pattern"] = "^[1-9][0-9]{0,6}$" };

    private static bool IsOptions(Type type) => IsOurs(type) && type.Name.EndsWith("Options", StringComparison.Ordinal);

    private static bool IsOurs(Type type) => Product.Assemblies.Contains(type.Assembly);
}
