using System.Collections.Concurrent;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Bff.HostTests.Forwarding;

/// <summary>A gRPC service on HTTP/2, on Microsoft's gRPC server, which wants a bound token and its proof with every call.</summary>
internal sealed class GrpcApi : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GrpcApi(PretendProvider provider, TimeProvider clock)
    {
        Proofs = new(clock);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(
            kestrel => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(this).AddSingleton<IServiceMethodProvider<Greeter>, Greeter>();
        _app = builder.Build();
        _app.Use(async (context, next) =>
        {
            if (await RefusalAsync(context.Request, provider) is not { } error)
            {
                await next(context);
                return;
            }

            Refusals.Enqueue(error);
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.Headers.WWWAuthenticate = $"DPoP error=\"{error}\", algs=\"ES256\"";
        });
        _app.MapGrpcService<Greeter>();
    }

    public static async Task<GrpcApi> StartAsync(PretendProvider provider, TimeProvider clock)
    {
        var api = new GrpcApi(provider, clock);
        await api._app.StartAsync();
        return api;
    }

    public string Address => _app.Urls.Single();

    public ProofChecker Proofs { get; }

    public ConcurrentQueue<string> Refusals { get; } = new();

    /// <summary>Every message that reached the service.</summary>
    public ConcurrentQueue<string> Messages { get; } = new();

    private async Task<string?> RefusalAsync(HttpRequest request, PretendProvider provider)
    {
        if (Proofs.Nonce is { } nonce) { request.HttpContext.Response.Headers["DPoP-Nonce"] = nonce; }
        if (request.Headers.Authorization.ToString().Split(' ') is not ["DPoP", var value]) { return "invalid_token"; }
        var proof = await Proofs.CheckAsync(request, value);
        if (proof.Thumbprint is null) { return proof.Error; }
        return provider.FindAccessToken(value)?.KeyThumbprint == proof.Thumbprint ? null : "invalid_token";
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>Its methods, each with a text for its messages.</summary>
    internal sealed class Greeter(GrpcApi api) : IServiceMethodProvider<Greeter>
    {
        public static readonly Method<string, string> Greet = Of(MethodType.Unary, nameof(Greet));
        public static readonly Method<string, string> Count = Of(MethodType.ServerStreaming, nameof(Count));
        public static readonly Method<string, string> Talk = Of(MethodType.DuplexStreaming, nameof(Talk));

        private static Method<string, string> Of(MethodType type, string name) =>
            new(type, "test.Greeter", name, Marshallers.StringMarshaller, Marshallers.StringMarshaller);

        public void OnServiceMethodDiscovery(ServiceMethodProviderContext<Greeter> context)
        {
            context.AddUnaryMethod(Greet, [], (service, message, _) => service.GreetAsync(message));
            context.AddServerStreamingMethod(Count, [], (service, message, answers, _) => service.CountAsync(message, answers));
            context.AddDuplexStreamingMethod(Talk, [], (service, messages, answers, _) => service.TalkAsync(messages, answers));
        }

        private Task<string> GreetAsync(string message)
        {
            api.Messages.Enqueue(message);
            return Task.FromResult("Hello " + message);
        }

        private async Task CountAsync(string message, IServerStreamWriter<string> answers)
        {
            api.Messages.Enqueue(message);
            foreach (var number in Enumerable.Range(1, 3)) { await answers.WriteAsync($"{message} {number}"); }
        }

        private async Task TalkAsync(IAsyncStreamReader<string> messages, IServerStreamWriter<string> answers)
        {
            await foreach (var message in messages.ReadAllAsync())
            {
                api.Messages.Enqueue(message);
                await answers.WriteAsync("You said " + message);
            }
        }
    }
}
