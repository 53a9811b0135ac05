namespace DevStack.Provider.Diary;

internal static class DiaryFeature
{
    public static void AddDiary(this WebApplicationBuilder builder, OpenIddictServerBuilder provider)
    {
        builder.Services.AddSingleton<TokenDiary>();
        provider.AddEventHandler(PresentedToken.Observer.Descriptor);
        provider.AddEventHandler(DiaryWriter.Descriptor);
    }

    public static void MapDiary(this WebApplication app)
    {
        app.MapGet("/diary", (HttpRequest request, TokenDiary diary) =>
            AsksForHtml(request) ? DiaryPage.Result() : Results.Json(diary.Read()));
        app.MapGet("/diary/summary", (TokenDiary diary) => diary.Summary);
    }

    private static bool AsksForHtml(HttpRequest request) =>
        request.GetTypedHeaders().Accept.Any(type => type.MediaType.Equals("text/html", StringComparison.OrdinalIgnoreCase));
}
