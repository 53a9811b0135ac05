using DevStack.Api;
using DevStack.Hosting;
using DevStack.Launcher;
using DevStack.Provider;
using Microsoft.Extensions.Options;

try
{
    return args switch
    {
        [] or [LauncherProgram.OneOrigin] => await LauncherProgram.RunAsync(oneOrigin: args.Length > 0, TimeProvider.System),
        ["provider", .. var rest] => await ProviderProgram.RunAsync(rest),
        ["api", .. var rest] => await ApiProgram.RunAsync(rest),
        ["health", var url] => await HealthProbe.RunAsync(url),
        ["--help" or "-h"] => Usage.Print(),
        [var word, ..] => Usage.Unknown(word),
    };
}
catch (OptionsValidationException mistakes)
{
    await Console.Error.WriteLineAsync(mistakes.Message);
    return Usage.ExitCode;
}
