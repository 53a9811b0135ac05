namespace Bff.Sessions.Store;

/// <summary>Where a store of this machine keeps what it has.</summary>
/// <param name="Database">The file with the sessions.</param>
/// <param name="Keys">The folder with the keys that encrypt their tokens.</param>
internal sealed record StoreFiles(string Database, string Keys);
