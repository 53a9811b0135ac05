using System.Reflection;

namespace Bff;

/// <summary>A file that pages load and that is part of an assembly.</summary>
internal static class PageFile
{
    /// <summary>The response in place of a file that is made with Node.js, where the program was built without it.</summary>
    public static readonly Problem NotBuilt = new(
        StatusCodes.Status404NotFound,
        "not_built",
        "This build of Bff does not contain this file.",
        "It was built without what comes from npm. Build it again with Node.js 20 or later and access to the npm registry, or use a released package or "
        + "image.");

    /// <param name="assembly">Whose.</param>
    /// <param name="name">Among its resources.</param>
    /// <returns>Null when it is no part of this build.</returns>
    public static byte[]? Read(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name);
        if (stream is null) { return null; }
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
