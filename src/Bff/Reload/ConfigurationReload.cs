using System.Diagnostics.Metrics;
using System.Reflection;
using System.Threading.Channels;
using Microsoft.Extensions.Primitives;

namespace Bff.Reload;

/// <summary>
/// Looks at the configuration when one of its files changes, and at the secret files every few seconds. What is free of mistakes is put to use as a whole;
/// of anything else the log says what is wrong, and the last good configuration stays.
/// </summary>
internal sealed partial class ConfigurationReload : BackgroundService
{
    public const string MeterName = "Bff.Configuration";

    /// <summary>Mounted secrets change in ways no watcher sees everywhere (links that are swapped, network volumes), so they are looked at.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly IConfiguration _live;
    private readonly AcceptedConfiguration _accepted;
    private readonly ConfigurationFiles _files;
    private readonly IReadOnlyList<SettingsSection> _sections;
    private readonly IServiceProvider _services;
    private readonly Audit _audit;
    private readonly TimeProvider _clock;
    private readonly Meter _meter;
    private readonly ILogger<ConfigurationReload> _logger;

    private Sight? _seen;
    private List<string> _waiting = [];
    private volatile List<string> _mistakes = [];

    /// <param name="Given">As configured.</param>
    /// <param name="Resolved">With the secrets of its files.</param>
    /// <param name="Unreadable">Files that cannot be parsed.</param>
    private sealed record Sight(Dictionary<string, string?> Given, Dictionary<string, string?> Resolved, List<string> Unreadable)
    {
        public bool Same(Sight other) =>
            Unreadable.SequenceEqual(other.Unreadable) && Snapshot.Differences(Given, other.Given).Count == 0 && Snapshot.Differences(Resolved, other.Resolved).Count == 0;
    }

    public ConfigurationReload(
        IConfiguration live, AcceptedConfiguration accepted, ConfigurationFiles files, IEnumerable<SettingsSection> sections, IServiceProvider services, IMeterFactory meters, Audit audit, TimeProvider clock, ILogger<ConfigurationReload> logger)
    {
        (_live, _accepted, _files, _sections, _services, _audit, _clock, _logger) = (live, accepted, files, [.. sections], services, audit, clock, logger);
        _meter = meters.Create(MeterName);
        _meter.CreateObservableGauge("bff.configuration.valid", () => _mistakes.Count == 0 ? 1 : 0, "{state}", "1 while the configuration as it is written is in use, 0 while it has mistakes and the last good one is.");
    }

    /// <summary>What is wrong with the configuration as it is written now. Empty when it is the one in use.</summary>
    public IReadOnlyList<string> Mistakes => _mistakes;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var moved = ChangeToken.OnChange(_live.GetReloadToken, () => _news.Writer.TryWrite(true));
        await using var look = _clock.CreateTimer(_ => _news.Writer.TryWrite(true), null, LookEvery, LookEvery);
        try
        {
            await foreach (var _ in _news.Reader.ReadAllAsync(stoppingToken)) { await LookAsync(); }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    private async Task LookAsync()
    {
        try
        {
            var given = Snapshot.Of(_live);
            var sight = new Sight(given, Snapshot.WithSecrets(given, _sections), [.. _files.Mistakes()]);
            if (_seen is not null && sight.Same(_seen)) { return; }
            _seen = sight;
            await ConsiderAsync(sight);
        }
        catch (Exception error)
        {
            Failed(error);
        }
    }

    private async Task ConsiderAsync(Sight sight)
    {
        var next = new Dictionary<string, string?>(sight.Resolved, StringComparer.OrdinalIgnoreCase);
        var waiting = Snapshot.Differences(_accepted.Values, next).Where(NeedsRestart).ToList();
        foreach (var key in waiting) { Keep(key, next); }

        // As it is written, which is what the next start would find; and as it would be in use now, together with what waits for that start.
        var mistakes = sight.Unreadable;
        if (mistakes.Count == 0) { mistakes = await StartupCheck.MistakesAsync(_services, Snapshot.Restore(sight.Given)); }
        if (mistakes.Count == 0) { mistakes = await StartupCheck.MistakesAsync(_services, Snapshot.Restore(next)); }
        var mended = _mistakes.Count > 0;
        _mistakes = mistakes;
        if (mistakes.Count > 0)
        {
            Refused(string.Join("; ", mistakes));
            return;
        }

        var changed = Snapshot.Differences(_accepted.Values, next);
        if (changed.Count > 0)
        {
            _accepted.Accept(next);
            Reloaded(string.Join(", ", changed));
            _audit.ConfigurationReloaded(string.Join(", ", changed));
        }
        else if (mended)
        {
            Mended();
        }

        if (waiting.Count > 0 && !waiting.SequenceEqual(_waiting)) { RestartNeeded(string.Join(", ", waiting)); }
        _waiting = waiting;
    }

    private bool NeedsRestart(string key) => _sections
        .SelectMany(section => section.Options.GetProperties().Where(property => property.GetCustomAttribute<NeedsRestartAttribute>() is not null).Select(property => $"{section.Path}:{property.Name}"))
        .Any(setting => key.Equals(setting, StringComparison.OrdinalIgnoreCase) || key.StartsWith(setting + ":", StringComparison.OrdinalIgnoreCase));

    private void Keep(string key, Dictionary<string, string?> next)
    {
        if (_accepted.Values.TryGetValue(key, out var value)) { next[key] = value; }
        else { next.Remove(key); }
    }

    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    [LoggerMessage(LogLevel.Information, "The configuration was reloaded. Changed: {Keys}.")]
    private partial void Reloaded(string keys);

    [LoggerMessage(LogLevel.Information, "The configuration is free of mistakes again, and the same as before.")]
    private partial void Mended();

    [LoggerMessage(LogLevel.Warning, "A restart is needed for changes of: {Keys}. Until then the old values stay.")]
    private partial void RestartNeeded(string keys);

    [LoggerMessage(LogLevel.Error, "The changed configuration has mistakes and is not used; the last good one stays. {Mistakes}")]
    private partial void Refused(string mistakes);

    [LoggerMessage(LogLevel.Error, "The configuration could not be looked at; the last good one stays.")]
    private partial void Failed(Exception error);
}
