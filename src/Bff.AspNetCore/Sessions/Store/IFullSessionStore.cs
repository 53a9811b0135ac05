namespace Bff.Sessions.Store;

/// <summary>What a storage opens. Only its decorator holds it; each consumer holds the one of the four contracts that it may use.</summary>
internal interface IFullSessionStore : ISessionStore, IRenewalQueue, ISessionDirectory, IClientTokenStore;
