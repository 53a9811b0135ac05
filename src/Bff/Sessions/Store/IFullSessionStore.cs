namespace Bff.Sessions.Store;

/// <summary>What a storage opens. Nobody holds it but who decorates it; each consumer holds the one of the three contracts that it may use.</summary>
internal interface IFullSessionStore : ISessionStore, IRenewalQueue, ISessionDirectory;
