using Microsoft.Extensions.Logging;

namespace Bff.Simulation;

/// <summary>Counts what the nodes warn of, and keeps the first lines.</summary>
internal sealed class Warnings : ILoggerProvider, ILogger
{
    private const int Kept = 5;

    private readonly List<string> _first = [];

    public int Count { get; private set; }

    public IReadOnlyList<string> First
    {
        get
        {
            lock (_first) { return [.. _first]; }
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel)) { return; }
        lock (_first)
        {
            Count++;
            if (_first.Count < Kept) { _first.Add(formatter(state, exception) + exception); }
        }
    }

    public void Dispose()
    {
    }
}
