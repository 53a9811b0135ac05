using System.ComponentModel.DataAnnotations;
using Bff.Reload;
using Microsoft.AspNetCore.Http;

namespace Bff.Sessions;

/// <summary>Sessions, their cookie and their store (<c>Bff:Sessions</c>).</summary>
internal sealed class SessionsOptions : IValidatableObject
{
    private const string HostPrefix = "__Host-";

    public const string Sqlite = nameof(Sqlite);
    public const string PostgreSql = nameof(PostgreSql);

    /// <summary>Where sessions are kept. <c>Sqlite</c>: one file, for one node. <c>PostgreSql</c>: a server that several nodes share.</summary>
    [AllowedValues(Sqlite, PostgreSql, ErrorMessage = "must be 'Sqlite' or 'PostgreSql'.")]
    [NeedsRestart]
    public string Store { get; set; } = Sqlite;

    /// <summary>The store's connection string. The keys that encrypt the tokens live with the sessions: in <c>keys/</c> beside the SQLite file, or in a table.</summary>
    [NeedsRestart]
    public string? ConnectionString { get; set; }

    /// <summary>A file holding <see cref="ConnectionString"/>.</summary>
    public string? ConnectionStringFile { get; set; }

    /// <summary>A session ends this long after its last request.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00", ErrorMessage = "must be between 00:01:00 and 30.00:00:00 (d.hh:mm:ss).")]
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>A session ends this long after sign-in, whatever happens.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "90.00:00:00", ErrorMessage = "must be between 00:01:00 and 90.00:00:00 (d.hh:mm:ss).")]
    public TimeSpan AbsoluteTimeout { get; set; } = TimeSpan.FromHours(12);

    /// <summary>The cookie's name; must keep the <c>__Host-</c> prefix (RFC 6265bis section 4.1.3.2).</summary>
    [NeedsRestart]
    public string CookieName { get; set; } = "__Host-bff";

    /// <summary><c>Strict</c>, or <c>Lax</c> when the page is often entered by links from other sites and needs the session in that first request.</summary>
    [AllowedValues(SameSiteMode.Strict, SameSiteMode.Lax, ErrorMessage = "must be 'Strict' or 'Lax'.")]
    [NeedsRestart]
    public SameSiteMode CookieSameSite { get; set; } = SameSiteMode.Strict;

    /// <summary>
    /// For browsers that refuse Secure cookies over plain http on localhost (WebKit): an unprefixed cookie without Secure.
    /// Development only; refused in any other environment.
    /// </summary>
    [NeedsRestart]
    public bool InsecureCookie { get; set; }

    /// <summary>How long a node may use its own copy of a session; 0 reads the store for every request.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00", ErrorMessage = "must be between 00:00:00 and 00:01:00 (hh:mm:ss).")]
    public TimeSpan CacheLifetime { get; set; } = TimeSpan.FromSeconds(5);

    public string Connection => Settings.ValueOrFile(ConnectionString, ConnectionStringFile) is { Length: > 0 } given ? given : "Data Source=data/bff.db";

    /// <summary>The name in use: without prefix when <see cref="InsecureCookie"/> forbids Secure.</summary>
    public string EffectiveCookieName => InsecureCookie && CookieName.StartsWith(HostPrefix, StringComparison.Ordinal) ? CookieName[HostPrefix.Length..] : CookieName;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!CookieName.StartsWith(HostPrefix, StringComparison.Ordinal) || CookieName.Length == HostPrefix.Length || !CookieName.All(IsCookieNameCharacter))
        {
            yield return new("must start with '__Host-' and go on with letters, digits, '-', '_' or '.'.", [nameof(CookieName)]);
        }

        if (Store == PostgreSql && string.IsNullOrEmpty(ConnectionString) && string.IsNullOrEmpty(ConnectionStringFile))
        {
            yield return new("is required for PostgreSql, such as 'Host=db;Database=bff;Username=bff'.", [nameof(ConnectionString)]);
        }

        if (Store == Sqlite && ProblemWith(Connection) is { } problem) { yield return new(problem, [nameof(ConnectionString)]); }

        if (IdleTimeout > AbsoluteTimeout) { yield return new($"is {IdleTimeout} and must not be longer than AbsoluteTimeout ({AbsoluteTimeout}); a number alone means days.", [nameof(IdleTimeout)]); }
    }

    private static string? ProblemWith(string connection)
    {
        try
        {
            return new Microsoft.Data.Sqlite.SqliteConnectionStringBuilder(connection).DataSource is { Length: > 0 } file && file != ":memory:"
                ? null : "must name a file: 'Data Source=data/bff.db'. Sessions have to survive a restart.";
        }
        catch (ArgumentException error)
        {
            return $"is no connection string SQLite knows: {error.Message}";
        }
    }

    private static bool IsCookieNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.';
}
