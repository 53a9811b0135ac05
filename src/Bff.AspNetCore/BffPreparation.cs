using Bff.Configuration;
using Bff.Providers;
using Bff.Sessions;

namespace Bff;

/// <summary>What has to be done once, before the pipeline is put together.</summary>
internal sealed class BffPreparation
{
    private bool _isDone;

    /// <summary>The guard is in the pipeline.</summary>
    public bool IsGuarded { get; set; }

    /// <summary>The endpoints are there.</summary>
    public bool IsMapped { get; set; }

    public async Task RunAsync(WebApplication app)
    {
        if (_isDone) { return; }
        await app.CheckConfigurationAsync();
        app.WarnOfClients();
        app.PrepareSessions();
        _isDone = true;
    }
}
