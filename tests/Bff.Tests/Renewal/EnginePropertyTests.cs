using CsCheck;

namespace Bff.Tests.Renewal;

/// <summary>
/// Random histories of sign-ins, calls, outages, lost answers, kills, time and clocks that are set, against what must always hold: one refresh token is never
/// replayed, no expired token is forwarded, no session is lost without a terminal answer or lives past its end, and tokens change neither
/// sessions nor APIs.
/// A failure prints the seed; run it again with <c>CsCheck_Seed</c>.
/// </summary>
public sealed class EnginePropertyTests
{
    private const int Histories = 20;

    /// <summary>How far a wall clock is set while timers go on.</summary>
    private static readonly TimeSpan[] Steps = [TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(20), TimeSpan.FromMinutes(10)];

    /// <summary>Whose tokens calls need; that of the sign-in first.</summary>
    private static readonly string?[] Apis = [null, "orders", "billing"];

    private enum Event
    {
        LogIn, Call, CallApi, Burst, Second, HalfMinute, Down, Hang, Misconfigured, Recover, LoseAnswer, Kill, LogOut, Revoke, StepForward, StepBack,
    }

    private static readonly Gen<(Event What, int Which, int Where)[]> History = Gen.Select(
        Gen.Frequency(
            (3, Gen.Const(Event.LogIn)), (6, Gen.Const(Event.Call)), (4, Gen.Const(Event.CallApi)), (5, Gen.Const(Event.Burst)), (5, Gen.Const(Event.Second)),
            (8, Gen.Const(Event.HalfMinute)),
            (2, Gen.Const(Event.Down)), (2, Gen.Const(Event.Hang)), (1, Gen.Const(Event.Misconfigured)), (4, Gen.Const(Event.Recover)),
            (2, Gen.Const(Event.LoseAnswer)),
            (2, Gen.Const(Event.Kill)), (1, Gen.Const(Event.LogOut)), (1, Gen.Const(Event.Revoke)),
            (1, Gen.Const(Event.StepForward)), (1, Gen.Const(Event.StepBack))),
        Gen.Int[0, 7], Gen.Int[0, 1]).Array[10, 40];

    [Fact]
    public async Task No_history_breaks_a_promise() =>
        await History.SampleAsync(
            async history =>
            {
                await using var world = new EngineWorld();
                await world.StartAsync();
                await world.LogInAsync();
                foreach (var (what, which, where) in history) { await HappenAsync(world, what, which, where); }
                await world.EndAsync();
                world.Violations.ShouldBeEmpty();
            },
            iter: Histories, threads: 1);

    private static async Task HappenAsync(EngineWorld world, Event what, int which, int where)
    {
        switch (what)
        {
            case Event.LogIn: await world.LogInAsync(); break;
            case Event.Call: world.Call(which, where); break;
            case Event.CallApi: world.Call(which, where, Apis[1 + (which % 2)]); break;
            case Event.Burst:
                for (var i = 0; i < 8; i++) { world.Call(which, i, Apis[i % Apis.Length]); }
                break;
            case Event.Second: await world.AdvanceAsync(TimeSpan.FromSeconds(1)); break;
            case Event.HalfMinute: await world.AdvanceAsync(TimeSpan.FromSeconds(30)); break;
            case Event.Down: world.Provider.GoDown(); break;
            case Event.Hang: world.Provider.Hang(); break;
            case Event.Misconfigured: world.Provider.Misconfigure(); break;
            case Event.Recover: world.Provider.Recover(); break;
            case Event.LoseAnswer: world.Provider.LoseNextAnswer(); break;
            case Event.Kill: await world.KillAsync(where); break;
            case Event.LogOut: await world.LogOutAsync(which); break;
            case Event.StepForward: world.StepClock(Steps[which % Steps.Length]); break;
            case Event.StepBack: world.StepClock(-Steps[which % Steps.Length]); break;
            case Event.Revoke: world.Provider.Revoke(world.Sessions[which % world.Sessions.Count]); break;
        }
    }
}
