namespace Bff.ClientTokens;

internal static class ClientTokensFeature
{
    public static WebApplicationBuilder AddClientTokens(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ClientTokenSource>().AddSingleton<ClientTokenLog>();
        return builder;
    }
}
