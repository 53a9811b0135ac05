using Microsoft.Extensions.Options;

namespace Bff.Providers.Throttling;

/// <summary>
/// Stands before every call to the provider, whoever makes it: one that carries our client's authentication waits for its place at <see cref="TokenCallGate"/>,
/// or is refused. Only plain downloads (metadata, keys) pass freely; a call of a kind nobody thought of counts as a sign-in.
/// </summary>
internal sealed class GatedCalls(
    string provider, TokenCallGate gate, ProviderMetrics metrics, IOptionsMonitor<TokenOptions> options, TimeProvider clock) : DelegatingHandler
{
    /// <summary>The same as the limit of the HTTP client; the answer is read while the place is held, or slow bodies would not count.</summary>
    public const int MaxAnswer = 1024 * 1024;

    private static readonly TimeSpan TurnedAway = TimeSpan.FromSeconds(2);

    private static readonly HttpRequestOptionsKey<CallKind> Key = new("Bff.CallKind");

    /// <summary>Says what a call is for. A renewal's caller holds a permit already: it also covers the claim of the session.</summary>
    public static void Mark(HttpRequestMessage request, CallKind kind) => request.Options.Set(Key, kind);

    /// <exception cref="ProviderBusyException">There is no place, or the provider is left alone for now.</exception>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Method == HttpMethod.Get && request.Headers.Authorization is null) { return await base.SendAsync(request, cancellationToken); }
        var kind = request.Options.TryGetValue(Key, out var marked) ? marked : CallKind.SignIn;
        if (kind is CallKind.Renewal or CallKind.BackgroundRenewal) { return await base.SendAsync(request, cancellationToken); }

        var permit = await EnterAsync(kind, cancellationToken);
        try
        {
            var answer = await base.SendAsync(request, cancellationToken);
            await answer.Content.LoadIntoBufferAsync(MaxAnswer, cancellationToken);
            return answer;
        }
        finally
        {
            gate.Leave(permit, CallVerdict.Answered);
        }
    }

    private async Task<Permit> EnterAsync(CallKind kind, CancellationToken cancellationToken)
    {
        // Half of the call's time: the other half is left for the provider.
        using var patience = new CancellationTokenSource(options.CurrentValue.TokenTimeout / 2, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            var admission = await gate.EnterAsync(kind, either.Token);
            return admission.Permit ?? throw Refused(kind, admission.RetryAfter, admission.Full ? "queue" : "breaker");
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Refused(kind, TurnedAway, "wait");
        }
    }

    private ProviderBusyException Refused(CallKind kind, TimeSpan retryAfter, string reason)
    {
        metrics.Refused(provider, kind == CallKind.Revocation ? "revocation" : "sign_in", reason);
        return new ProviderBusyException(retryAfter, isOutage: reason == "breaker");
    }
}
