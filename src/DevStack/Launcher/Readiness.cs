namespace DevStack.Launcher;

/// <summary>Waits until every member answers.</summary>
internal sealed class Readiness(Screen screen, TimeProvider clock)
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <returns>The members that had not answered when the time was over.</returns>
    public async Task<IReadOnlyList<Member>> WaitAsync(IReadOnlyList<Member> members, CancellationToken cancellationToken)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };
        http.DefaultRequestHeaders.Add("X-CSRF", "1"); // Bff's own endpoints ask for it
        using var limit = new CancellationTokenSource(Limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var answered = await Task.WhenAll(members.Select(member => WaitForAsync(member, http, either.Token)));
        cancellationToken.ThrowIfCancellationRequested();
        return [.. members.Where((_, index) => !answered[index])];
    }

    private async Task<bool> WaitForAsync(Member member, HttpClient http, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        try
        {
            while (!await AnswersAsync(member, http, cancellationToken))
            {
                await Task.Delay(Pause, clock, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            return false;
        }

        screen.Say($"{member.Name} answers at {member.Url} after {clock.GetElapsedTime(started).TotalSeconds:0.0} s");
        return true;
    }

    private static async Task<bool> AnswersAsync(Member member, HttpClient http, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await http.GetAsync(member.ProbeUrl, cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false; // this one try took too long
        }
    }
}
