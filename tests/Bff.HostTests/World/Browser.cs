using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Bff.HostTests;

/// <summary>One browser: a cookie jar, the page's script (<see cref="GetAsync"/> and the like) and its address bar (<see cref="OpenAsync"/>).</summary>
internal sealed class Browser(Func<Uri> bff, Func<IEnumerable<string>> providers, TimeProvider clock) : IDisposable
{
    public const string SpaOrigin = "http://localhost:5000";
    public const string SessionCookie = "__Host-bff";

    private const int MostHops = 10;

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectCallback = ConnectAsync })
    {
        Timeout = Eventually.Deadline,
    };

    public Browser(Func<Uri> bff, string provider, TimeProvider clock) : this(bff, () => [provider], clock)
    {
    }

    public CookieJar Cookies { get; } = new(clock);

    /// <summary>What it speaks with Bff.</summary>
    public Version Version { get; init; } = HttpVersion.Version11;

    /// <summary>Everything that reached the browser: status, headers and body of each answer.</summary>
    public ConcurrentQueue<Answer> Received { get; } = new();

    public string? Session => Cookies.Value(SessionCookie);

    /// <summary>A call by the page's script: CSRF header and Origin are there.</summary>
    public Task<Answer> GetAsync(string path, CancellationToken cancel = default) => SendAsync(Script(HttpMethod.Get, path), cancel);

    public Task<Answer> PostAsync(string path) => SendAsync(Script(HttpMethod.Post, path));

    public HttpRequestMessage Script(HttpMethod method, string path)
    {
        var request = Bare(method, path);
        request.Headers.Add("X-CSRF", "1");
        request.Headers.Add("Origin", SpaOrigin);
        return request;
    }

    /// <summary>A request with nothing but the cookies.</summary>
    public HttpRequestMessage Bare(HttpMethod method, string path) =>
        new(method, new Uri(bff(), path)) { Version = Version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

    /// <summary>One request, one answer; redirects are not followed.</summary>
    public Task<Answer> SendAsync(HttpRequestMessage request, CancellationToken cancel = default) =>
        SendAsync(request, Cookies.HeaderFor(request.RequestUri!.Host), cancel);

    private async Task<Answer> SendAsync(HttpRequestMessage request, string cookies, CancellationToken cancel = default)
    {
        var host = request.RequestUri!.Host;
        if (cookies.Length > 0) { request.Headers.TryAddWithoutValidation("Cookie", cookies); }
        using var response = await _http.SendAsync(request, cancel);
        var answer = await Answer.ReadAsync(response);
        Cookies.Take(host, answer.SetCookies);
        Received.Enqueue(answer);
        return answer;
    }

    /// <summary>A request whose answer is read while it comes.</summary>
    public Task<HttpResponseMessage> BeginAsync(HttpRequestMessage request)
    {
        if (Cookies.HeaderFor(request.RequestUri!.Host) is { Length: > 0 } cookies) { request.Headers.TryAddWithoutValidation("Cookie", cookies); }
        return _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>One step of a navigation.</summary>
    public Task<Answer> StepAsync(Uri url, string accept = "text/html")
    {
        var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Add("Accept", accept);
        return SendAsync(request);
    }

    public Task<Answer> StepAsync(string path, string accept = "text/html") => StepAsync(new Uri(bff(), path), accept);

    /// <summary>
    /// A navigation: redirects and the provider's self-submitting forms are followed between proxy and provider. Ends with the first answer that is none, or
    /// that leads elsewhere (the page).
    /// </summary>
    public Task<Answer> OpenAsync(string path) => FollowAsync(StepAsync(path));

    public Task<Answer> OpenAsync(Uri url) => FollowAsync(StepAsync(url));

    /// <summary>As far as the callback, which is not opened: its URL, with code and state.</summary>
    public async Task<Uri> GoToCallbackAsync(string path)
    {
        var atProvider = await StepAsync((await StepAsync(path)).Location!);
        return atProvider.Location ?? throw new InvalidOperationException($"The provider answered {atProvider.Status}: {atProvider.Body}");
    }

    /// <summary>As <see cref="GoToCallbackAsync"/>, where the provider answers with a form: the form, which is not submitted.</summary>
    public async Task<PostedForm> GoToFormAsync(string path)
    {
        var atProvider = await StepAsync((await StepAsync(path)).Location!);
        return PostedForm.In(atProvider) ?? throw new InvalidOperationException($"The provider answered {atProvider.Status}: {atProvider.Body}");
    }

    /// <summary>One step: posts a form as browsers do for a page of another site, with the cookies that go along then.</summary>
    public Task<Answer> SubmitAsync(PostedForm form)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, form.Action) { Content = new FormUrlEncodedContent(form.Fields) };
        request.Headers.Add("Accept", "text/html");
        request.Headers.Add("Origin", form.Page.GetLeftPart(UriPartial.Authority));
        request.Headers.Add("Sec-Fetch-Site", "cross-site");
        request.Headers.Add("Sec-Fetch-Mode", "navigate");
        request.Headers.Add("Sec-Fetch-Dest", "document");
        return SendAsync(request, Cookies.HeaderForCrossSitePost(form.Action.Host));
    }

    private async Task<Answer> FollowAsync(Task<Answer> first)
    {
        var answer = await first;
        for (var hop = 0; ; hop++)
        {
            hop.ShouldBeLessThanOrEqualTo(MostHops);
            if (IsRedirect(answer) && IsOurWorld(answer.Location!)) { answer = await StepAsync(answer.Location!); }
            else if (IsProvider(answer.Url) && PostedForm.In(answer) is { } form) { answer = await SubmitAsync(form); }
            else { return answer; }
        }
    }

    private bool IsOurWorld(Uri url) => url.Authority == bff().Authority || IsProvider(url);

    private bool IsProvider(Uri url) => providers().Contains(url.GetLeftPart(UriPartial.Authority));

    /// <summary>Never to the IPv6 side of "localhost", where somebody else may listen on the same port.</summary>
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static bool IsRedirect(Answer answer) => answer.Status is HttpStatusCode.Found or HttpStatusCode.SeeOther && answer.Location is not null;

    public void Dispose() => _http.Dispose();
}
