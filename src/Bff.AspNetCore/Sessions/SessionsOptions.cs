using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Bff.Configuration;

namespace Bff.Sessions;

/// <summary>Sessions, their cookie and their store (<c>Bff:Sessions</c>).</summary>
internal sealed class SessionsOptions : IValidatableObject
{
    /// <summary>Of <see cref="Sqlite"/>, when nothing is configured.</summary>
    public const string DefaultConnectionString = "Data Source=data/bff.db";

    public const string Sqlite = nameof(Sqlite);
    public const string PostgreSql = nameof(PostgreSql);
    public const string Redis = nameof(Redis);

    /// <summary>What is wrong with a cookie that no browser would take (RFC 6265bis section 5.7).</summary>
    public const string NeedsSecureCookie = "'None' needs a Secure cookie, and Bff:Sessions:InsecureCookie is on.";

    private static readonly string[] SiteData = ["cache", "cookies", "storage", "executionContexts"];

    /// <summary>
    /// Where sessions are kept. <c>Sqlite</c>: one file, for one node. <c>PostgreSql</c>: a server that several nodes share. <c>Redis</c>: Redis or Valkey, a
    /// server or a cluster that several nodes share.
    /// </summary>
    [AllowedValues(Sqlite, PostgreSql, Redis, ErrorMessage = "must be 'Sqlite', 'PostgreSql' or 'Redis'.")]
    [NeedsRestart]
    public string Store { get; set; } = Sqlite;

    /// <summary>
    /// The store's connection string; Npgsql's, or StackExchange.Redis' own. The keys that encrypt the tokens are kept with the sessions: in <c>keys/</c>
    /// beside the SQLite file, or on the server.
    /// </summary>
    [NeedsRestart]
    public string? ConnectionString { get; set; }

    /// <summary>A file holding <see cref="ConnectionString"/>.</summary>
    public string? ConnectionStringFile { get; set; }

    /// <summary>
    /// Encrypts the Data Protection keys where they are stored: a certificate and its RSA private key in PEM form. Further ones after it only decrypt earlier
    /// keys. Default: none; the keys are then stored in the clear beside what they encrypt.
    /// </summary>
    [NeedsRestart]
    public string? KeyCertificate { get; set; }

    /// <summary>A file holding <see cref="KeyCertificate"/>; keep it elsewhere than the sessions and their backups.</summary>
    public string? KeyCertificateFile { get; set; }

    /// <summary>Earlier certificates with their private keys, PEM: they decrypt older keys and encrypt none.</summary>
    [NeedsRestart]
    public string? KeyCertificateOld { get; set; }

    /// <summary>A file holding <see cref="KeyCertificateOld"/>.</summary>
    public string? KeyCertificateOldFile { get; set; }

    /// <summary>The password of the private keys, if they are encrypted.</summary>
    [NeedsRestart]
    public string? KeyCertificatePassword { get; set; }

    /// <summary>A file holding <see cref="KeyCertificatePassword"/>.</summary>
    public string? KeyCertificatePasswordFile { get; set; }

    /// <summary>A session ends this long after its last use. Default: 30 minutes; 1 minute to 30 days.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00", ErrorMessage = "must be between 00:01:00 and 30.00:00:00 (d.hh:mm:ss).")]
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>A session ends this long after its sign-in in any case. Default: 12 hours; 1 minute to 90 days.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "90.00:00:00", ErrorMessage = "must be between 00:01:00 and 90.00:00:00 (d.hh:mm:ss).")]
    public TimeSpan AbsoluteTimeout { get; set; } = TimeSpan.FromHours(12);

    /// <summary>The cookie's name; must keep the <c>__Host-</c> prefix (RFC 6265bis section 4.1.3.2).</summary>
    [NeedsRestart]
    public string CookieName { get; set; } = CookieNames.HostPrefix + "bff";

    /// <summary>
    /// <c>Strict</c>; <c>Lax</c> if the page is often entered by links from other sites and needs the session in that first request; <c>None</c> for an
    /// application that other sites show in a frame: the cookie is then partitioned (CHIPS), a session for each of those sites.
    /// </summary>
    [AllowedValues(SameSiteMode.Strict, SameSiteMode.Lax, SameSiteMode.None, ErrorMessage = "must be 'Strict', 'Lax' or 'None'.")]
    [NeedsRestart]
    public SameSiteMode CookieSameSite { get; set; } = SameSiteMode.Strict;

    /// <summary>
    /// Whether the cookie outlives the browser ("stay signed in"): it is kept until the session's absolute end. Otherwise a browser forgets it when it closes.
    /// Default: false.
    /// </summary>
    public bool CookiePersistent { get; set; }

    /// <summary>
    /// For browsers that refuse Secure cookies over plain http on localhost (WebKit): an unprefixed cookie without Secure.
    /// Development only; refused in any other environment.
    /// </summary>
    [NeedsRestart]
    public bool InsecureCookie { get; set; }

    /// <summary>How long a node uses its own copy of a session; 0 reads the store for every request. Default: 5 seconds; 0 to 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00", ErrorMessage = "must be between 00:00:00 and 00:01:00 (hh:mm:ss).")]
    public TimeSpan CacheLifetime { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How many sessions a user may have at a time, counted at one provider and client over all front ends and nodes. A silent sign-in that renews a session is
    /// none more, and one that would begin one too many fails. Default: 0, as many as come; up to 1000.
    /// </summary>
    [Range(0, 1000, ErrorMessage = "must be between 0 (no limit) and 1000.")]
    public int MaxPerUser { get; set; }

    /// <summary>
    /// What a sign-in does that would be one more than <see cref="MaxPerUser"/>. <c>EndOldest</c> (default): the user's oldest session ends.
    /// <c>RefuseNewest</c>: the sign-in fails, and the user can sign in once a session of theirs has ended.
    /// </summary>
    [AllowedValues(TooManySessions.EndOldest, TooManySessions.RefuseNewest, ErrorMessage = "must be 'EndOldest' or 'RefuseNewest'.")]
    public TooManySessions WhenTooMany { get; set; } = TooManySessions.EndOldest;

    /// <summary>
    /// How long a copy serves while the store cannot be read; at least <see cref="CacheLifetime"/>. A session that another node ends meanwhile goes on here as
    /// long; one that ends on this node ends at once. Default: 0, so copies serve for <see cref="CacheLifetime"/>; up to 1 hour.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00", ErrorMessage = "must be between 00:00:00 and 01:00:00 (hh:mm:ss).")]
    public TimeSpan CacheLifetimeDuringOutage { get; set; }

    /// <summary>
    /// How many sessions a node keeps copies of; more are read from the store for every request. A copy takes half a kilobyte, and the access token and the
    /// claims. Default: 100000; 100 to 1000000.
    /// </summary>
    [Range(100, 1_000_000, ErrorMessage = "must be between 100 and 1000000.")]
    public int MaxCachedSessions { get; set; } = 100_000;

    /// <summary>
    /// How long a request waits for the store (a connection, its turn to write, a result) before it is <c>503 store_unavailable</c>. A timeout in the
    /// connection string has no effect. Default: 2 seconds; 0.5 to 30 seconds.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.5", "00:00:30", ErrorMessage = "must be between 00:00:00.5 and 00:00:30 (hh:mm:ss).")]
    [NeedsRestart]
    public TimeSpan StoreTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// What a browser forgets of Bff's origin when its user signs out (<c>Clear-Site-Data</c>): <c>cache</c>, <c>cookies</c>, <c>storage</c>,
    /// <c>executionContexts</c>. Browsers heed it over https only. <c>cookies</c> are those of the whole registrable domain: of other applications, of other
    /// front ends, and of a provider there, which then cannot tell whom it is to sign out. Default: none.
    /// </summary>
    public string[] ClearSiteData { get; set; } = [];

    /// <summary>Null when there is none.</summary>
    public SessionLimit? LimitPerUser => MaxPerUser > 0 ? new(MaxPerUser, WhenTooMany) : null;

    /// <summary>How long copies serve while the store cannot be read.</summary>
    public TimeSpan OutageCopies => CacheLifetime == TimeSpan.Zero || CacheLifetimeDuringOutage < CacheLifetime ? CacheLifetime : CacheLifetimeDuringOutage;

    /// <summary>The certificate that encrypts the keys, first, and all that open them; none when none is configured.</summary>
    public IReadOnlyList<X509Certificate2> KeyCertificates => [.. ReadCertificates(KeyCertificate), .. ReadCertificates(KeyCertificateOld)];

    /// <summary>The name in use: without prefix when <see cref="InsecureCookie"/> forbids Secure.</summary>
    public string EffectiveCookieName => InsecureCookie ? CookieNames.WithoutHostPrefix(CookieName).ToString() : CookieName;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var mistake in CertificateMistakes()) { yield return mistake; }
        if (!CookieName.StartsWith(CookieNames.HostPrefix, StringComparison.Ordinal) || CookieName.Length == CookieNames.HostPrefix.Length
            || !CookieName.All(IsCookieNameCharacter))
        {
            yield return new("must start with '__Host-' and go on with letters, digits, '-', '_' or '.'.", [nameof(CookieName)]);
        }

        foreach (var (index, type) in ClearSiteData.Index().Where(entry => !SiteData.Contains(entry.Item, StringComparer.Ordinal)))
        {
            yield return new($"'{type}' is none of {string.Join(", ", SiteData)}.", [$"{nameof(ClearSiteData)}:{index}"]);
        }

        if (InsecureCookie && CookieSameSite == SameSiteMode.None) { yield return new(NeedsSecureCookie, [nameof(CookieSameSite)]); }
        if (IdleTimeout > AbsoluteTimeout)
        {
            yield return new($"is {IdleTimeout} and must not be longer than AbsoluteTimeout ({AbsoluteTimeout}).", [nameof(IdleTimeout)]);
        }
    }

    private IEnumerable<ValidationResult> CertificateMistakes()
    {
        if (ProblemWithCertificate(KeyCertificate) is { } problem) { yield return new(problem, [nameof(KeyCertificate)]); }
        if (ProblemWithCertificate(KeyCertificateOld) is { } older) { yield return new(older, [nameof(KeyCertificateOld)]); }
        if (string.IsNullOrEmpty(KeyCertificate) && !string.IsNullOrEmpty(KeyCertificateOld))
        {
            yield return new("opens keys of before, but new ones would lie in the clear: give KeyCertificate, too.", [nameof(KeyCertificateOld)]);
        }
    }

    private string? ProblemWithCertificate(string? pem)
    {
        try
        {
            _ = ReadCertificates(pem);
            return null;
        }
        catch (CryptographicException error)
        {
            return $"{error.Message}. It takes a certificate and its RSA private key, PEM.";
        }
    }

    private IReadOnlyList<X509Certificate2> ReadCertificates(string? pem) =>
        string.IsNullOrEmpty(pem) ? [] : KeyCertificatePem.Read(pem, KeyCertificatePassword);

    private static bool IsCookieNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.';
}
