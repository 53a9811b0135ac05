using System.Diagnostics.Metrics;
using System.Reflection;
using System.Threading.Channels;
using Bff.Configuration.Kestrel;
using Microsoft.Extensions.Primitives;

namespace Bff.Configuration;

/// <summary>
/// Reads the configuration when one of its files changes, and every few seconds. What is free of mistakes is put to use as a whole; of anything else the log
/// says what is wrong, and the last good configuration stays.
/// </summary>
internal sealed partial class ConfigurationReload : BackgroundService
{
    public const string MeterName = "Bff.Configuration";

    /// <summary>Mounted secrets change in ways no watcher notices everywhere (links that are swapped, network volumes), so they are polled.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(5);

    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly IConfiguration _live;
    private readonly ConfigurationReader _reader;
    private readonly AcceptedConfiguration _accepted;
    private readonly IReadOnlyList<SettingsSection> _sections;
    private readonly IServiceProvider _services;
    private readonly ServerCertificates _certificates;
    private readonly Audit _audit;
    private readonly TimeProvider _clock;
    private readonly Meter _meter;
    private readonly ILogger<ConfigurationReload> _logger;

    private Reading? _seen;
    private volatile List<string> _waiting = [];
    private volatile List<string> _mistakes = [];
    private long _differsSince;

    public ConfigurationReload(
        IConfiguration live, ConfigurationReader reader, AcceptedConfiguration accepted, IEnumerable<SettingsSection> sections, IServiceProvider services,
        IMeterFactory meters, ServerCertificates certificates, Audit audit, TimeProvider clock, ILogger<ConfigurationReload> logger)
    {
        (_live, _reader, _accepted, _sections, _services, _certificates, _audit, _clock, _logger) =
            (live, reader, accepted, [.. sections], services, certificates, audit, clock, logger);
        _meter = meters.Create(MeterName);
        _meter.CreateObservableGauge(
            "bff.configuration.valid", () => _mistakes.Count == 0 ? 1 : 0, "{state}",
            "1 while the configuration as it is written is in use, 0 while it has mistakes and the last good one is.");
        _meter.CreateObservableGauge(
            "bff.configuration.restart_needed", () => _waiting.Count == 0 ? 0 : 1, "{state}", "1 while changes of the configuration wait for a restart.");
    }

    /// <summary>What is wrong with the configuration as it is written now. Empty when it is the one in use.</summary>
    public IReadOnlyList<string> Mistakes => _mistakes;

    /// <summary>Settings whose new value counts after a restart.</summary>
    public IReadOnlyList<string> WaitingForRestart => _waiting;

    /// <summary>Since when the configuration as it is written is not the one in use, all of it; null when it is.</summary>
    public DateTimeOffset? DiffersSince => Interlocked.Read(ref _differsSince) is not 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var moved = ChangeToken.OnChange(_live.GetReloadToken, () => _news.Writer.TryWrite(true));
        await using var look = _clock.CreateTimer(_ => _news.Writer.TryWrite(true), null, PollInterval, PollInterval);
        await foreach (var _ in _news.Reader.ReadAllAsync(stoppingToken)) { await LookAsync(); }
    }

    private async Task LookAsync()
    {
        try
        {
            var reading = _reader.Read();
            _reader.RefreshLogging(reading);
            if (_mistakes.Count == 0 && _seen is not null && reading.Same(_seen)) { return; }   // a mistake may be mended outside: a file that is there again
            if (!_reader.Read().Same(reading)) { return; }   // written at this very moment: one file is old and another new. The next look finds both
            await ConsiderAsync(reading);
            _seen = reading;
            NoteSince();
        }
        catch (Exception error)
        {
            // What it says may quote a value; the type's name does not.
            List<string> mistakes = [$"The configuration could not be read ({error.GetType().Name}); the log has more."];
            if (!mistakes.SequenceEqual(_mistakes)) { Failed(error); }
            _mistakes = mistakes;
            NoteSince();
        }
    }

    private void NoteSince()
    {
        if (_mistakes.Count == 0 && _waiting.Count == 0) { Interlocked.Exchange(ref _differsSince, 0); }
        else { Interlocked.CompareExchange(ref _differsSince, _clock.GetUtcNow().UtcTicks, 0); }
    }

    private async Task ConsiderAsync(Reading reading)
    {
        var next = new Dictionary<string, string?>(reading.Values, StringComparer.OrdinalIgnoreCase);
        var waiting = Snapshot.Differences(_accepted.Values, next).Where(
            key => NeedsRestart(key) || ServerCertificates.NeedsRestart(key) || IsOfNewEndpoint(key) || IsOfOtherName(key, next)
                || IsOfOtherPreset(key, reading)).ToList();
        foreach (var key in waiting) { Keep(key, next); }

        // As it is written, which is what the next start would find; and as it would be in use now, together with what waits for that start.
        var mistakes = FilesGone(reading).ToList();
        if (mistakes.Count == 0) { mistakes = await StartupCheck.MistakesAsync(_services, reading); }
        var misfits = mistakes.Count == 0 && waiting.Count > 0 ? await StartupCheck.MistakesAsync(_services, reading with { Values = next }) : [];
        if (misfits.Count > 0)
        {
            // Nothing is wrong after a restart. Before it, what may change at once would lack what may not.
            (next, waiting) = (new(_accepted.Values, StringComparer.OrdinalIgnoreCase), Snapshot.Differences(_accepted.Values, reading.Values));
        }

        if (mistakes.Count == 0) { mistakes = [.. AuthenticatorsGone(next), .. CertificatesGone(next)]; }
        var before = _mistakes;
        _mistakes = mistakes;
        if (mistakes.Count > 0)
        {
            if (!mistakes.SequenceEqual(before)) { Refused(string.Join("; ", mistakes)); }
            return;
        }

        var changed = Snapshot.Differences(_accepted.Values, next);
        var isHeld = misfits.Count > 0;
        if (!isHeld || !waiting.Exists(IsOfKestrel)) { _certificates.Use(Snapshot.Restore(next), reading.Certificates); }   // renewed files are no change of settings
        _accepted.Accept(next, isHeld ? _accepted.Files : reading.Files);
        if (changed.Count > 0)
        {
            Reloaded(string.Join(", ", changed));
            _audit.ConfigurationReloaded(string.Join(", ", changed));
        }
        else if (before.Count > 0)
        {
            Mended();
        }

        var waited = _waiting;
        _waiting = waiting;
        if (waiting.Count > 0 && !waiting.SequenceEqual(waited))
        {
            if (misfits.Count > 0) { AllWait(string.Join(", ", waiting), string.Join("; ", misfits)); }
            else { RestartNeeded(string.Join(", ", waiting)); }
        }

        if (waited.Except(waiting).ToList() is { Count: > 0 } takenBack) { TakenBack(string.Join(", ", takenBack)); }
    }

    /// <summary>A file that is not there any more was seldom meant to go, and what it kept closed would be open.</summary>
    private IEnumerable<string> FilesGone(Reading reading) => _accepted.Files.Except(reading.Files)
        .Where(_ => reading.IsWhole)
        .Select(file => $"{Path.GetFileName(file)}: is gone. Put it back; to do without its settings, leave {{}} in it, or restart.");

    private IEnumerable<string> AuthenticatorsGone(Dictionary<string, string?> next) => SettingsWith<AuthenticatorAttribute>(_accepted.Root)
        .Where(key => !string.IsNullOrEmpty(_accepted.Values.GetValueOrDefault(key)) && string.IsNullOrEmpty(next.GetValueOrDefault(key)))
        .Select(key => $"{key}: is gone, and a reload takes no guard away. Put it back, or restart.");

    /// <summary>A listener without a certificate can serve nobody.</summary>
    private IEnumerable<string> CertificatesGone(Dictionary<string, string?> next) =>
        KestrelCertificates.Find(_accepted.Root.GetSection(KestrelSettings.Section))
        .Select(certificate => certificate.Path + ":Path").Where(key => string.IsNullOrEmpty(next.GetValueOrDefault(key)))
        .Select(key => $"{key}: is gone, and a reload takes no certificate away. Put it back, or restart.");

    private static bool IsOfKestrel(string key) => key.StartsWith(KestrelSettings.Section + ":", StringComparison.OrdinalIgnoreCase);

    private bool NeedsRestart(string key) => SettingsWith<NeedsRestartAttribute>(_accepted.Root)
        .Any(setting => key.Equals(setting, StringComparison.OrdinalIgnoreCase) || key.StartsWith(setting + ":", StringComparison.OrdinalIgnoreCase));

    /// <summary>What is arranged for a listener once, at the start, would be missing on one that is added.</summary>
    private bool IsOfNewEndpoint(string key)
    {
        const string endpoints = KestrelSettings.Section + ":Endpoints:";
        if (!key.StartsWith(endpoints, StringComparison.OrdinalIgnoreCase)) { return false; }
        var name = key[endpoints.Length..].Split(':')[0];
        return !name.Equals("Ops", StringComparison.OrdinalIgnoreCase)
            && !_accepted.Values.Keys.Any(known => known.StartsWith(endpoints + name + ":", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Whoever is there by name is there from the start, where their class says so.</summary>
    private bool IsOfOtherName(string key, Dictionary<string, string?> next)
    {
        var named = _sections.FirstOrDefault(section =>
            section.IsNamed && section.Options.GetCustomAttribute<NeedsRestartAttribute>() is not null && section.Below(key) is not null);
        if (named is null) { return false; }
        var one = named.Path + ":" + key[(named.Path.Length + 1)..].Split(':')[0] + ":";
        return !IsIn(_accepted.Values.Keys) || !IsIn(next.Keys);

        bool IsIn(IEnumerable<string> keys) => keys.Any(known => known.StartsWith(one, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>What a preset gives, or gave, waits as long as the preset does.</summary>
    private bool IsOfOtherPreset(string key, Reading reading)
    {
        if (reading.Values.ContainsKey(key) && !reading.FromPresets.Contains(key, StringComparer.OrdinalIgnoreCase)) { return false; }
        return _sections.SelectMany(section => section.In(_accepted.Root)).Any(section => section.Preset is not null && section.Below(key) is not null
            && _accepted.Values.GetValueOrDefault(PresetOf(section)) != reading.Values.GetValueOrDefault(PresetOf(section))
            && (reading.FromPresets.Contains(key, StringComparer.OrdinalIgnoreCase) || GaveBefore(section, key)));

        bool GaveBefore(SettingsSection section, string line) => _accepted.Values.GetValueOrDefault(PresetOf(section)) is { } before
            && section.Preset!(before).Any(given => line.Equals($"{section.Path}:{given.Key}", StringComparison.OrdinalIgnoreCase));

        static string PresetOf(SettingsSection section) => $"{section.Path}:{PresetLines.Setting}";
    }

    private IEnumerable<string> SettingsWith<T>(IConfiguration configuration)
        where T : Attribute => _sections.SelectMany(section => section.In(configuration)).SelectMany(section =>
            from property in section.Options.GetProperties()
            where property.GetCustomAttribute<T>() is not null
            select $"{section.Path}:{property.Name}");

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

    [LoggerMessage(LogLevel.Warning, "A restart is needed for changes to: {Keys}. Until then the old values stay.")]
    private partial void RestartNeeded(string keys);

    [LoggerMessage(
        LogLevel.Warning,
        "A restart is needed for changes to: {Keys}. Until then all old values stay, since the new ones belong together. What is still missing: {Misfits}")]
    private partial void AllWait(string keys, string misfits);

    [LoggerMessage(LogLevel.Information, "No restart is needed any more for: {Keys}. They are again as they are in use.")]
    private partial void TakenBack(string keys);

    [LoggerMessage(LogLevel.Error, "The changed configuration has mistakes and is not used; the last good one stays. {Mistakes}")]
    private partial void Refused(string mistakes);

    [LoggerMessage(LogLevel.Error, "The configuration could not be read; the last good one stays.")]
    private partial void Failed(Exception error);
}
