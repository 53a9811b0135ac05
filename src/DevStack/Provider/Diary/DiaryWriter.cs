using System.Security.Cryptography;
using System.Text;
using OpenIddict.Abstractions;
using OpenIddict.Server;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace DevStack.Provider.Diary;

/// <summary>Notes every answer of the token endpoint.</summary>
internal sealed class DiaryWriter(TokenDiary diary) : IOpenIddictServerHandler<ApplyTokenResponseContext>
{
    private const int FingerprintLength = 12;

    public static OpenIddictServerHandlerDescriptor Descriptor { get; } =
        OpenIddictServerHandlerDescriptor.CreateBuilder<ApplyTokenResponseContext>()
            .UseSingletonHandler<DiaryWriter>()
            .SetOrder(0)
            .Build();

    public ValueTask HandleAsync(ApplyTokenResponseContext context)
    {
        var presented = PresentedToken.Of(context.Transaction);
        var isRefresh = context.Request?.IsRefreshTokenGrantType() ?? false;
        diary.Write(
            context.Request?.GrantType ?? "-",
            presented?.User,
            context.Request?.ClientId,
            OutcomeOf(context.Error, isRefresh, reused: presented is { WasRedeemed: true }),
            Fingerprint(isRefresh ? context.Request?.RefreshToken : context.Response.RefreshToken));
        return ValueTask.CompletedTask;
    }

    private static string OutcomeOf(string? error, bool isRefresh, bool reused) => (error, isRefresh, reused) switch
    {
        (null, true, true) => Outcomes.ReusedWithinLeeway,
        (null, true, false) => Outcomes.Refreshed,
        (null, _, _) => Outcomes.Issued,
        (_, true, true) => Outcomes.ReusedRejected,
        _ => Outcomes.Rejected(error),
    };

    private static string? Fingerprint(string? token) =>
        token is null ? null : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)))[..FingerprintLength];
}
