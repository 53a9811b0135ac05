using Microsoft.Extensions.Options;

namespace Bff.Tests;

/// <summary>Options that a test sets; they move when it says so.</summary>
internal static class FixedOptions
{
    public static FixedOptions<T> Of<T>(T value)
        where T : class => new(value);
}

internal sealed class FixedOptions<T>(T value) : IOptions<T>, IOptionsMonitor<T>
    where T : class
{
    private Action<T, string?>? _listeners;

    public T Value => CurrentValue;

    public T CurrentValue { get; private set; } = value;

    public T Get(string? name) => CurrentValue;

    public IDisposable? OnChange(Action<T, string?> listener)
    {
        _listeners += listener;
        return null;
    }

    public void Change(T changed)
    {
        CurrentValue = changed;
        _listeners?.Invoke(changed, Options.DefaultName);
    }
}
