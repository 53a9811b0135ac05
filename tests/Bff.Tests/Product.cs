using System.Reflection;

namespace Bff.Tests;

/// <summary>What the product is made of.</summary>
internal static class Product
{
    public static readonly Assembly Host = typeof(Program).Assembly;

    public static readonly Assembly Library = typeof(Audit).Assembly;

    public static readonly Assembly[] Assemblies = [Library, Host];
}
