using Bff.FrontEnds;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;

namespace Bff.Guard;

/// <summary>
/// What trusted proxies say of a request's address. The framework's middleware asks for the hosts that are known once; front ends, and theirs, come with a
/// reload.
/// </summary>
internal sealed class ForwardedAddress
{
    private volatile ForwardedHeadersMiddleware _current;

    public ForwardedAddress(RequestDelegate next, IOptionsFactory<ForwardedHeadersOptions> options, FrontEndSet frontEnds, ILoggerFactory loggers)
    {
        _current = Create();
        frontEnds.Changed += () => _current = Create();

        ForwardedHeadersMiddleware Create() => new(next, loggers, Options.Create(options.Create(Options.DefaultName)));
    }

    public Task InvokeAsync(HttpContext context) => _current.Invoke(context);
}
