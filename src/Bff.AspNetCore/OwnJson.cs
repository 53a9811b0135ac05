using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.Json;

namespace Bff;

/// <summary>How our own responses are written, whatever the program around us has chosen for its own.</summary>
internal static class OwnJson
{
    public static readonly JsonSerializerOptions Options = new(new JsonOptions().SerializerOptions)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static IResult Ok<T>(T value) => Results.Json(value, Options, statusCode: StatusCodes.Status200OK);
}
