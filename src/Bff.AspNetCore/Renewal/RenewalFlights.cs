using System.Collections.Concurrent;
using Bff.Sessions;
using static Bff.Renewal.RenewalResult;

namespace Bff.Renewal;

/// <summary>
/// Renewals under way in this process: one for all callers that need the same token of the same session. It belongs to the session, so nobody who stops waiting can stop it,
/// and the process waits for it before it ends.
/// </summary>
internal sealed class RenewalFlights(RenewalMetrics metrics, RenewalLog log, TimeProvider clock)
{
    private readonly ConcurrentDictionary<FlightKey, Lazy<Task<RenewalResult>>> _flights = new();
    private readonly ConcurrentDictionary<Task, bool> _running = new();

    /// <returns>The renewal of this that is under way, or a new one.</returns>
    public Task<RenewalResult> Join(FlightKey key, Func<Task<RenewalResult>> renew)
    {
        var mine = Prepare(key, renew);
        var flight = _flights.GetOrAdd(key, mine);
        if (flight != mine) { metrics.Coalesced(); }
        return flight.Value;
    }

    /// <summary>
    /// Begins the renewal of a claimed session. Calls that need it join; one under way has lost the claim to it, and follows it in the store.
    /// </summary>
    public void Begin(FlightKey key, Func<Task<RenewalResult>> renew)
    {
        var flight = Prepare(key, renew);
        _flights.TryAdd(key, flight);
        _ = flight.Value;
    }

    /// <summary>Waits for all of them, for as long as a lease lasts: a rotated token that is not stored is a session lost.</summary>
    public async Task DrainAsync(TimeSpan limit)
    {
        await Task.WhenAny(Task.WhenAll(_running.Keys), Task.Delay(limit, clock));
        if (!_running.IsEmpty) { log.NotDrained(_running.Count); }
    }

    private Lazy<Task<RenewalResult>> Prepare(FlightKey key, Func<Task<RenewalResult>> renew)
    {
        Lazy<Task<RenewalResult>>? flight = null;
        return flight = new(() => Detached(async () =>
        {
            try
            {
                return await renew();
            }
            catch (SessionStoreException)
            {
                return new StoreUnavailable();
            }
            catch (Exception error)
            {
                // Whatever it was, the lease runs out by itself and the session becomes due again.
                log.Failed(key.Session, error);
                return new Unreachable(RenewalLeases.StoreAllowance);
            }
            finally
            {
                _flights.TryRemove(KeyValuePair.Create(key, flight!));
            }
        }));
    }

    /// <summary>Runs apart from the caller: neither its cancellation nor its request's ambient state reaches a renewal.</summary>
    private Task<RenewalResult> Detached(Func<Task<RenewalResult>> renew)
    {
        using (ExecutionContext.SuppressFlow())
        {
            var task = Task.Run(renew);
            _running.TryAdd(task, true);
            task.ContinueWith(
                done => _running.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return task;
        }
    }
}
