using Bff.Benchmarks.Account;
using Bff.Benchmarks.Load;
using Bff.Benchmarks.Measuring;
using Bff.Benchmarks.Roles;

return args switch
{
    ["load"] => await LoadGenerator.RunAsync(),
    ["upstream", .. var more] => await Upstream.RunAsync(more.Contains("--http2")),
    ["streams"] => await BareStreams.RunAsync(),
    ["bare", var upstream, var token, .. var more] => await BareYarp.RunAsync(upstream, token, more.Contains("--http2")),
    ["account", var what] => await AccountCommand.MeasureAsync(what),
    _ => await BenchmarkCommand.Describe().Parse(args).InvokeAsync(),
};
