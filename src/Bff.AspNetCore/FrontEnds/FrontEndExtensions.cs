namespace Bff.FrontEnds;

internal static class FrontEndExtensions
{
    /// <summary>Which front end's request this is.</summary>
    public static FrontEnd GetFrontEnd(this HttpContext context) => context.RequestServices.GetRequiredService<FrontEndSet>().Of(context);
}
