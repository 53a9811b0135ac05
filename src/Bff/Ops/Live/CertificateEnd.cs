namespace Bff.Ops.Live;

/// <param name="Key">Where it is configured.</param>
/// <param name="Subject">Whose it is, printable.</param>
/// <param name="NotAfter">When it ends; of several, the first.</param>
internal sealed record CertificateEnd(string Key, string Subject, DateTimeOffset NotAfter);
