using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Xml.Linq;
using Bff.Sessions;
using Bff.Sessions.Keys;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Bff.Tests.Sessions;

/// <summary>A store of keys that stalls must not stop whoever needs no new key, however many ask for invented ones.</summary>
public sealed class LiveKeysTests : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private readonly StallingRepository _store = new();
    private readonly FakeTimeProvider _clock = new();
    private readonly LiveKeys _keys;
    private readonly IDataProtector _protector;

    public LiveKeysTests()
    {
        var options = Options.Create(new KeyManagementOptions { XmlRepository = _store });
        _keys = new LiveKeys(new(NewManager), options, NullLoggerFactory.Instance, _clock);
        _protector = _keys.CreateProtector("test");
    }

    [Fact]
    public void No_key_is_made_beside_a_store_that_is_not_prepared()
    {
        _keys.Close(new SessionStoreException("its keys do not open"));
        Should.Throw<SessionStoreException>(() => _protector.Protect([1])).Message.ShouldBe("its keys do not open");
        _store.GetAllElements().ShouldBeEmpty();

        _keys.Reopen();
        _protector.Unprotect(_protector.Protect([1])).ShouldBe([1]);
    }

    [Fact]
    public void The_age_of_the_very_first_key_is_measured_from_its_first_moment_on()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        using var metrics = new SessionMetrics(meters, new SignInPlaces(() => []));
        using var keys = new LiveKeys(
            new(NewManager), Options.Create(new KeyManagementOptions { XmlRepository = _store }), NullLoggerFactory.Instance, _clock, metrics);
        var ages = new List<double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "bff.keys.age" && instrument.Meter.Scope == meters) { listener.EnableMeasurementEvents(instrument); }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, age, _, _) => ages.Add(age));
        listener.Start();

        keys.CreateProtector("test").Protect([1]);

        listener.RecordObservableInstruments();
        ages.ShouldBe([0]);
    }

    [Fact]
    public async Task Invented_states_wait_without_a_thread_and_not_for_ever()
    {
        var known = _protector.Protect([1]);
        using var stall = _store.Stall();

        var asked = Enumerable.Range(0, 200).Select(_ => _keys.KnowsAsync(Invented(), CancellationToken.None)).ToList();
        await stall.Entered.WaitAsync(Soon);

        asked.ShouldAllBe(answer => !answer.IsCompleted);
        _protector.Unprotect(known).ShouldBe([1]);
        _clock.Advance(LiveKeys.WaitTimeout);
        (await Task.WhenAll(asked).WaitAsync(Soon)).ShouldAllBe(answer => !answer);
        _store.Stalled.ShouldBe(1);
    }

    [Fact]
    public async Task Of_those_that_can_only_wait_on_a_thread_a_few_do()
    {
        var known = _protector.Protect([1]);
        using var stall = _store.Stall();

        var asked = Enumerable.Range(0, 40)
            .Select(_ => Task.Factory.StartNew(() => Should.Throw<CryptographicException>(() => _protector.Unprotect(InventedBytes())),
            TaskCreationOptions.LongRunning)).ToList();

        // All but four are answered while the store stalls; the four within their time limit.
        for (var refused = 0; refused < 36; refused++) { asked.Remove(await Task.WhenAny(asked).WaitAsync(Soon)); }
        _protector.Unprotect(known).ShouldBe([1]);
        await Task.WhenAll(asked).WaitAsync(Soon);
    }

    [Fact]
    public async Task A_key_that_is_there_is_learnt_by_all_who_wait_for_it_in_one_reading()
    {
        _protector.Protect([1]);
        var elsewhere = SealElsewhere([2]);
        var before = _store.Reads;
        using var stall = _store.Stall();

        var asked = Enumerable.Range(0, 50).Select(_ => _keys.KnowsAsync(WebEncoders.Base64UrlEncode(elsewhere), CancellationToken.None)).ToList();
        await stall.Entered.WaitAsync(Soon);
        stall.Dispose();

        (await Task.WhenAll(asked).WaitAsync(Soon)).ShouldAllBe(answer => answer);
        _protector.Unprotect(elsewhere).ShouldBe([2]);
        (_store.Reads - before).ShouldBeLessThanOrEqualTo(4, "ours, and those of the framework's new key ring");
    }

    [Fact]
    public void A_key_that_is_there_is_learnt_at_once_also_by_who_cannot_wait_otherwise()
    {
        _protector.Protect([1]);
        _protector.Unprotect(SealElsewhere([2])).ShouldBe([2]);
    }

    [Fact]
    public async Task The_store_is_not_asked_again_for_each_invented_key()
    {
        _protector.Protect([1]);
        var before = _store.Reads;
        for (var number = 0; number < 100; number++)
        {
            (await _keys.KnowsAsync(Invented(), CancellationToken.None)).ShouldBeFalse();
            Should.Throw<CryptographicException>(() => _protector.Unprotect(InventedBytes()));
        }

        (_store.Reads - before).ShouldBe(1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("forged")]
    [InlineData("CfDJ8")]
    [InlineData("not/base64+url=and long enough to hold a key")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task What_was_never_sealed_costs_no_reading(string text)
    {
        _protector.Protect([1]);
        var before = _store.Reads;
        (await _keys.KnowsAsync(text, CancellationToken.None)).ShouldBeFalse();
        _store.Reads.ShouldBe(before);
    }

    public void Dispose() => _keys.Dispose();

    /// <summary>The framework's own, as another process would have it.</summary>
    private IKeyManager NewManager()
    {
        var services = new ServiceCollection();
        services.AddDataProtection().SetApplicationName(LiveKeys.ApplicationName);
        services.Configure<KeyManagementOptions>(options => options.XmlRepository = _store);
        return services.BuildServiceProvider().GetRequiredService<IKeyManager>();
    }

    private byte[] SealElsewhere(byte[] text)
    {
        var elsewhere = NewManager();
        var now = TimeProvider.System.GetUtcNow();   // the framework's key ring knows no other clock
        elsewhere.CreateNewKey(now, now.AddDays(90));
        var options = Options.Create(new KeyManagementOptions { XmlRepository = _store });
        using var other = new LiveKeys(new(() => elsewhere), options, NullLoggerFactory.Instance, _clock);
        return other.CreateProtector("test").Protect(text);
    }

    private static string Invented() => WebEncoders.Base64UrlEncode(InventedBytes());

    private static byte[] InventedBytes() => [0x09, 0xF0, 0xC9, 0xF0, .. RandomNumberGenerator.GetBytes(80)];

    private sealed class StallingRepository : IXmlRepository
    {
        private readonly List<XElement> _elements = [];
        private volatile Action? _stall;
        private int _reads;
        private int _stalled;

        public int Reads => Volatile.Read(ref _reads);

        public int Stalled => Volatile.Read(ref _stalled);

        public IReadOnlyCollection<XElement> GetAllElements()
        {
            Interlocked.Increment(ref _reads);
            if (_stall is { } wait)
            {
                Interlocked.Increment(ref _stalled);
                wait();
            }

            lock (_elements) { return [.. _elements.Select(element => new XElement(element))]; }
        }

        public void StoreElement(XElement element, string friendlyName)
        {
            lock (_elements) { _elements.Add(new XElement(element)); }
        }

        /// <summary>Until it is disposed of, whoever reads the store waits.</summary>
        public Stall Stall()
        {
            var stall = new Stall(() => _stall = null);
            _stall = stall.Wait;
            return stall;
        }
    }

    private sealed class Stall(Action end) : IDisposable
    {
        private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _open = new();

        public Task Entered => _entered.Task;

        public void Wait()
        {
            _entered.TrySetResult();
            _open.Wait();
        }

        public void Dispose()
        {
            end();
            _open.Set();
        }
    }
}
