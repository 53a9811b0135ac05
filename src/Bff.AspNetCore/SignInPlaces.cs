namespace Bff;

/// <summary>Where users sign in, as it is configured now: each front end with each of its providers. Made by the feature that knows them.</summary>
/// <param name="now">Reads them.</param>
internal sealed class SignInPlaces(Func<IEnumerable<(string FrontEnd, string Provider)>> now)
{
    public IEnumerable<(string FrontEnd, string Provider)> Now => now();
}
