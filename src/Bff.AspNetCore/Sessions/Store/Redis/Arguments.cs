using System.Collections;
using StackExchange.Redis;

namespace Bff.Sessions.Store.Redis;

/// <summary>Arguments of a script in its order. What is null is empty there.</summary>
internal sealed class Arguments : IEnumerable
{
    private readonly List<RedisValue> _values = [];

    public void Add(string? value) => _values.Add(value ?? "");

    public void Add(byte[]? value) => _values.Add(value ?? []);

    public void Add(long value) => _values.Add(value);

    public void Add(long? value)
    {
        if (value is { } known) { Add(known); }
        else { Add((string?)null); }
    }

    public void Add(bool value) => Add(value ? "1" : null);

    public void Add(DateTimeOffset time) => Add(time.ToUnixTimeMilliseconds());

    public void Add(DateTimeOffset? time)
    {
        if (time is { } known) { Add(known); }
        else { Add((string?)null); }
    }

    public void Add(TimeSpan duration) => Add((long)duration.TotalMilliseconds);

    /// <summary>As a list with its length.</summary>
    public void Add(IReadOnlyCollection<string> values)
    {
        Add(values.Count);
        foreach (var value in values) { Add(value); }
    }

    public void Add(IReadOnlyCollection<RedisValue> values)
    {
        Add(values.Count);
        _values.AddRange(values);
    }

    /// <summary>Those of another in this place.</summary>
    public void Add(Arguments more) => _values.AddRange(more._values);

    public RedisValue[] ToArray() => [.. _values];

    public IEnumerator GetEnumerator() => _values.GetEnumerator();
}
