using DevStack.Api;
using DevStack.Hosting;
using DevStack.Launcher;
using DevStack.Provider;
using Microsoft.Extensions.Options;
using SpaStatic;

try
{
    return args switch
    {
        _ when LauncherSwitches.Read(args) is { } switches => await LauncherProgram.RunAsync(switches, TimeProvider.System),
        ["provider", .. var rest] => await ProviderProgram.RunAsync(rest),
        ["api", .. var rest] => await ApiProgram.RunAsync(rest),
        ["health", var url] => await HealthProbe.RunAsync(url),
        ["--help" or "-h"] => Usage.Print(),
        _ => Usage.Unknown(LauncherSwitches.Unknown(args)),
    };
}
catch (OptionsValidationException mistakes)
{
    await Console.Error.WriteLineAsync(mistakes.Message);
    return Usage.ExitCode;
}
