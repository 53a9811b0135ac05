namespace Bff.Sessions.Store;

/// <summary>A full disk or a locked file stops one of the two and not the other.</summary>
internal enum StoreAccess
{
    Read,
    Write,
}
