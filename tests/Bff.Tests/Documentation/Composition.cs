using Bff.Configuration;
using Bff.Forwarding;
using Bff.FrontEnds;
using Bff.Gateway;
using Bff.Guard;
using Bff.Login;
using Bff.Ops;
using Bff.Policies;
using Bff.Providers;
using Bff.Renewal;
using Bff.Sessions;
using Microsoft.AspNetCore.Builder;

namespace Bff.Tests.Documentation;

/// <summary>What the program registers, without starting anything.</summary>
internal static class Composition
{
    /// <summary>Every options class and where it lives in the configuration, in that order.</summary>
    public static IReadOnlyList<SettingsSection> Sections()
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production", ContentRootPath = Path.GetTempPath() });
        builder.Services.AddSettings<ConfigurationFileOptions>("Bff");
        builder.AddBff().AddGateway().AddOps();
        var sections = builder.Services.Select(service => service.ImplementationInstance).OfType<SettingsSection>();
        return [.. sections.OrderBy(section => section.Path, StringComparer.Ordinal)];
    }
}
