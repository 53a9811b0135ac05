using BenchmarkDotNet.Attributes;
using Bff.Forwarding;
using Bff.FrontEnds;
using Bff.Guard;
using Bff.Providers.DPoP;
using Bff.Sessions;
using Bff.Sessions.Authentication;
using Bff.Sessions.Store;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Bff.Benchmarks.Pieces;

/// <summary>What a call goes through, a piece at a time, with a browser's headers and one session.</summary>
[MemoryDiagnoser]
public class PiecesOfACall : IDisposable
{
    private static readonly string Authorization = "DPoP " + OneSession.Token;

    private readonly ProofKey _key = ProofKey.New();
    private PieceWorld _world = null!;
    private RequestDelegate _guard = null!;
    private SessionCookie _cookie = null!;
    private FrontEnd _frontEnd = null!;
    private SessionCache _cache = null!;
    private RequestHeaderFilter _filter = null!;
    private HttpContext _context = null!;
    private HttpRequestMessage _upstream = null!;
    private HttpResponseMessage _answer = null!;

    [GlobalSetup]
    public async Task StartAsync()
    {
        _world = await PieceWorld.StartAsync();
        _guard = _world.PipelineOf(app => app.UseGuard(isWholeProgram: true));
        _cookie = _world.Services.GetRequiredService<SessionCookie>();
        _frontEnd = _world.Services.GetRequiredService<FrontEndSet>().Default;
        _cache = _world.Services.GetRequiredService<SessionCache>();
        _filter = _world.Services.GetRequiredService<RequestHeaderFilter>();
        _context = _world.NewContext();
        _upstream = new HttpRequestMessage(HttpMethod.Get, "http://127.0.0.1/api/json");
        foreach (var (name, value) in _context.Request.Headers)
        {
            if (name is not ("Host" or "Cookie")) { _upstream.Headers.TryAddWithoutValidation(name, value.ToString()); }
        }

        _answer = new HttpResponseMessage { RequestMessage = _upstream };
    }

    [GlobalCleanup]
    public async Task StopAsync()
    {
        await _world.DisposeAsync();
        Dispose();
    }

    public void Dispose()
    {
        _upstream.Dispose();
        _answer.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>What all others that need one include.</summary>
    [Benchmark(Description = "a request's context alone")]
    public HttpContext Context() => _world.NewContext();

    [Benchmark(Description = "guard, from exceptions to rate limits")]
    public Task Guard() => _guard(_world.NewContext());

    [Benchmark(Description = "cookie to session")]
    public async Task<string> SessionLookup()
    {
        var found = _cookie.TryRead(_context.Request, _frontEnd, out var id) ? await _cache.FindAsync(id, CancellationToken.None) : null;
        return found!.Subject;
    }

    [Benchmark(Description = "request headers that may not pass")]
    public void RequestHeaders() => _filter.Apply(_context.Request, _upstream, routeList: null);

    [Benchmark(Description = "proof of a bound token")]
    public string Proof() => _key.Prove("GET", "http://127.0.0.1/api/json", DateTimeOffset.UnixEpoch, nonce: null, Authorization);

    [Benchmark(Description = "proof of a bound token, by a session that was not called of late")]
    public string FirstProof() =>
        ProofKey.Of(_key.Text)!.Prove("GET", "http://127.0.0.1/api/json", DateTimeOffset.UnixEpoch, nonce: null, Authorization);

    [Benchmark(Description = "rules for the response of a route with a session")]
    public void ResponseRules()
    {
        var headers = _context.Response.Headers;
        headers.Clear();
        headers.ContentType = "application/json";
        headers.ContentLength = 117;
        headers.Vary = "Accept-Encoding";
        UpstreamResponse.Objection(_context, _answer);
        UpstreamResponse.RemoveHopByHop(_context, _answer);
        UpstreamResponse.KeepOurCookies(headers, _cookie);
        UpstreamResponse.MakePersonal(headers);
    }
}
