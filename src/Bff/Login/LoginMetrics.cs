using System.Diagnostics.Metrics;

namespace Bff.Login;

/// <summary>Sign-ins that came to nothing (meter <c>Bff.Login</c>).</summary>
internal sealed class LoginMetrics : IDisposable
{
    public const string MeterName = "Bff.Login";

    private readonly Meter _meter;
    private readonly Counter<long> _failed;

    public LoginMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        _failed = _meter.CreateCounter<long>("bff.sign_in.failures", "{sign_in}", "Sign-ins that failed, by cause; silent ones fail as a matter of course, with login_required.");
    }

    /// <param name="cause">A code of our answers or of the specifications, never what a request carried.</param>
    /// <param name="silent">Nobody was looking.</param>
    public void Failed(string cause, bool silent) =>
        _failed.Add(1, new KeyValuePair<string, object?>("cause", cause), new KeyValuePair<string, object?>("silent", silent ? "true" : "false"));

    public void Dispose() => _meter.Dispose();
}
