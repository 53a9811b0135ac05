using Bff.Configuration.Kestrel;

namespace Bff.Configuration;

/// <summary>The configuration at one moment. Each file was read once, and what is checked and put to use is this and nothing else.</summary>
/// <param name="Values">Our settings, YARP's and Kestrel's, with what the secret files hold in place of their names.</param>
/// <param name="Files">The JSON files that were there.</param>
/// <param name="Mistakes">Files that cannot be read or parsed, and secrets that are empty.</param>
/// <param name="IsWhole">Every file could be parsed; what the others say is not worth judging without it.</param>
/// <param name="Certificates">The files of Kestrel's certificates.</param>
/// <param name="Logging">What the framework makes of the files by itself.</param>
internal sealed record Reading(
    IReadOnlyDictionary<string, string?> Values, IReadOnlyCollection<string> Files, IReadOnlyList<string> Mistakes, bool IsWhole, CertificateFiles Certificates,
    IReadOnlyDictionary<string, string?> Logging)
{
    /// <summary>The keys whose values a preset gave.</summary>
    public IReadOnlyCollection<string> FromPresets { get; init; } = [];

    public bool Same(Reading other) =>
        Certificates.Stamp == other.Certificates.Stamp && Mistakes.SequenceEqual(other.Mistakes) && Files.SequenceEqual(other.Files)
        && Snapshot.Differences(Values, other.Values).Count == 0;
}
