namespace Bff.Sessions.Authentication;

/// <summary>The request brought a cookie, and whose it is could not be read.</summary>
internal sealed record SessionUnknown(SessionStoreException Reason);
